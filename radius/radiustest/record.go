package radiustest

import (
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"
	"layeh.com/radius/rfc2869"
)

// Record is an accounting record, in words.
type Record struct {
	User    string
	Status  string // Start, Interim-Update, Stop
	Cause   string // Acct-Terminate-Cause of a Stop, such as User-Request
	Packets [2]uint64
	Octets  [2]uint64 // in (from the subscriber), out
}

// Records returns the accounting records received, without retransmissions.
func (s *Server) Records() []Record {
	var all []Record
	for _, p := range s.Accounting() {
		status := rfc2866.AcctStatusType_Get(p)
		r := Record{User: rfc2865.UserName_GetString(p), Status: status.String()}
		if status == rfc2866.AcctStatusType_Value_Stop {
			r.Cause = rfc2866.AcctTerminateCause_Get(p).String()
		}
		r.Packets = [2]uint64{uint64(rfc2866.AcctInputPackets_Get(p)), uint64(rfc2866.AcctOutputPackets_Get(p))}
		r.Octets = [2]uint64{
			uint64(rfc2869.AcctInputGigawords_Get(p))<<32 | uint64(rfc2866.AcctInputOctets_Get(p)),
			uint64(rfc2869.AcctOutputGigawords_Get(p))<<32 | uint64(rfc2866.AcctOutputOctets_Get(p)),
		}
		all = append(all, r)
	}
	return all
}
