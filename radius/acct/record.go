package acct

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"
	"layeh.com/radius/rfc2867"
	"layeh.com/radius/rfc2868"
	"layeh.com/radius/rfc2869"

	"lacd/pppoe/wire"
	"lacd/radius"
)

// Status is what a record reports: Acct-Status-Type (RFC 2866 section 5.1).
type Status uint8

// The kinds of records.
const (
	Start   Status = 1
	Stop    Status = 2
	Interim Status = 3
	On      Status = 7 // the NAS has started: no session is open
	Off     Status = 8 // the NAS is about to stop

	// Of tunnels and the calls in them (RFC 2867 section 3).
	TunnelStart  Status = 9
	TunnelStop   Status = 10
	TunnelReject Status = 11
	LinkStart    Status = 12
	LinkStop     Status = 13
	LinkReject   Status = 14
)

// String returns the name of the kind.
func (s Status) String() string {
	switch s {
	case Start:
		return "start"
	case Stop:
		return "stop"
	case Interim:
		return "interim"
	case On:
		return "on"
	case Off:
		return "off"
	case TunnelStart:
		return "tunnel-start"
	case TunnelStop:
		return "tunnel-stop"
	case TunnelReject:
		return "tunnel-reject"
	case LinkStart:
		return "link-start"
	case LinkStop:
		return "link-stop"
	case LinkReject:
		return "link-reject"
	}
	return fmt.Sprintf("status-%d", uint8(s))
}

// counts reports whether a record of the kind tells what was used.
func (s Status) counts() bool {
	return s == Interim || s == Stop || s == TunnelStop || s == LinkStop
}

// ends reports whether a record of the kind tells why something ended:
// Acct-Terminate-Cause "can only be present in Accounting-Request records where
// the Acct-Status-Type is set to Stop" (RFC 2866 section 5.10), to which RFC 2867
// sections 3.2, 3.3, 3.5 and 3.6 add its own.
func (s Status) ends() bool {
	return s == Stop || s == TunnelStop || s == TunnelReject || s == LinkStop || s == LinkReject
}

// ofTunnel reports whether a record of the kind is about a tunnel, which has no
// subscriber of its own.
func (s Status) ofTunnel() bool { return s == TunnelStart || s == TunnelStop || s == TunnelReject }

// Authentic is who authenticated the subscriber: Acct-Authentic (RFC 2866
// section 5.6).
type Authentic uint8

// The values of Authentic.
const (
	ByRADIUS Authentic = 1
	ByLocal  Authentic = 2
	ByRemote Authentic = 3 // the LNS
)

// Counters are cumulative since the session began. Input comes from the
// subscriber, output goes to it (RFC 2866 sections 5.3, 5.4).
type Counters struct {
	InOctets, OutOctets   uint64
	InPackets, OutPackets uint64 // sent modulo 2^32
}

// Tunnel is the tunnel that carries the session. Tunnel-Password and
// Tunnel-Preference have no place in accounting (RFC 2867 section 5).
type Tunnel struct {
	Client       string // Tunnel-Client-Endpoint
	Server       string // Tunnel-Server-Endpoint; empty: no tunnel
	Assignment   string
	PrivateGroup string
	ClientAuthID string
	ServerAuthID string
	Connection   string // Acct-Tunnel-Connection, the same from Start to Stop
}

// Record is one Accounting-Request. Empty strings are left out. It is not
// modified after it was queued.
type Record struct {
	Status  Status
	Session string // Acct-Session-Id; On and Off may leave it empty
	User    string // the User-Name of the Access-Accept, if it had one
	Class   [][]byte

	NASIdentifier  string
	NASIP          netip.Addr
	NASPort        uint32
	NASPortType    uint32 // 0: Ethernet (15)
	NASPortID      string
	CallingStation string
	CalledStation  string
	Line           *wire.Line

	Tunnel         Tunnel
	Authentic      Authentic // 0: left out
	Counters       Counters  // Interim and the kinds of Stop
	SessionTime    time.Duration
	TerminateCause uint32 // the kinds of Stop and Reject
	EventTime      time.Time

	Account string // who is billed; not sent
	Entry   uint64 // the record's place in a journal that survives the process; 0: none
	Old     bool   // of an earlier run

	stored []byte // attributes of a record that was read back: all but Acct-Delay-Time
}

var _ radius.Request = (*Record)(nil)

// session reports whether the record is about a session, not the NAS.
func (r *Record) session() bool { return r.Status != On && r.Status != Off }

// Encode returns the Accounting-Request. Acct-Delay-Time is the age of the
// event at t.Now, so every packet encoded later differs and has an identifier
// of its own; a retransmission repeats the octets (RFC 2866 section 5.2).
func (r *Record) Encode(t radius.Try) ([]byte, error) {
	attrs, err := r.AppendTo(nil)
	if err != nil {
		return nil, err
	}
	var delay [6]byte
	b := radius.NewBuilder(delay[:0])
	b.Integer(rfc2866.AcctDelayTime_Type, uint32(max(0, t.Now.Sub(r.EventTime)/time.Second)))
	about := lead(attrs)
	return radius.AccountingRequest(t, attrs[:about], delay[:], attrs[about:])
}

// lead returns how many octets the two attributes have that come before
// Acct-Delay-Time: what the record is about.
func lead(attrs []byte) int {
	first := int(attrs[1])
	return first + int(attrs[first+1])
}

// usualLen is more than the attributes of most records have.
const usualLen = 384

// appendAttributes appends all attributes but Acct-Delay-Time.
func (r *Record) appendAttributes(to []byte) ([]byte, error) {
	b := radius.NewBuilder(slices.Grow(to, usualLen))
	nas := radius.NAS{
		Identifier: r.NASIdentifier, IP: r.NASIP, Port: r.NASPort, PortType: r.NASPortType, PortID: r.NASPortID,
	}
	b.Integer(rfc2866.AcctStatusType_Type, uint32(r.Status))
	b.Text(rfc2866.AcctSessionID_Type, r.id())
	b.Integer(rfc2869.EventTimestamp_Type, uint32(r.EventTime.Unix()))
	b.NAS(&nas)
	switch {
	case !r.session():
	case r.Session == "":
		return to, fmt.Errorf("accounting %s without a session", r.Status)
	case r.Status.ofTunnel():
		b.Cut(rfc2865.UserName_Type, r.User)
		r.tunnel(&b)
	default:
		r.identity(&b, &nas)
		r.tunnel(&b)
	}
	if r.Status.counts() {
		r.usage(&b)
	}
	if r.Status.ends() && r.TerminateCause != 0 {
		b.Integer(rfc2866.AcctTerminateCause_Type, r.TerminateCause)
	}
	return b.Attributes()
}

// id returns Acct-Session-Id, which RFC 2866 section 5.13 wants in every
// record: those about the NAS get one from the time of their event.
func (r *Record) id() string {
	if r.Session == "" && !r.session() {
		return fmt.Sprintf("%s-%x", r.Status, r.EventTime.Unix())
	}
	return r.Session
}

func (r *Record) identity(b *radius.Builder, nas *radius.NAS) {
	b.Cut(rfc2865.UserName_Type, r.User)
	b.Port(nas)
	b.Integer(rfc2865.ServiceType_Type, uint32(rfc2865.ServiceType_Value_FramedUser))
	b.Integer(rfc2865.FramedProtocol_Type, uint32(rfc2865.FramedProtocol_Value_PPP))
	b.Cut(rfc2865.CalledStationID_Type, r.CalledStation)
	b.Cut(rfc2865.CallingStationID_Type, r.CallingStation)
	if r.Authentic != 0 {
		b.Integer(rfc2866.AcctAuthentic_Type, uint32(r.Authentic))
	}
	for _, c := range r.Class {
		b.Octets(rfc2865.Class_Type, c)
	}
	b.Line(r.Line, true)
}

func (r *Record) tunnel(b *radius.Builder) {
	if r.Tunnel.Server == "" {
		return
	}
	b.TunnelType(r.Tunnel.Server)
	b.TaggedText(rfc2868.TunnelClientEndpoint_Type, r.Tunnel.Client)
	b.TaggedText(rfc2868.TunnelServerEndpoint_Type, r.Tunnel.Server)
	b.Text(rfc2867.AcctTunnelConnection_Type, r.Tunnel.Connection) // never tagged
	b.TaggedText(rfc2868.TunnelPrivateGroupID_Type, r.Tunnel.PrivateGroup)
	b.TaggedText(rfc2868.TunnelAssignmentID_Type, r.Tunnel.Assignment)
	b.TaggedText(rfc2868.TunnelClientAuthID_Type, r.Tunnel.ClientAuthID)
	b.TaggedText(rfc2868.TunnelServerAuthID_Type, r.Tunnel.ServerAuthID)
}

func (r *Record) usage(b *radius.Builder) {
	c := &r.Counters
	b.Integer(rfc2866.AcctInputOctets_Type, uint32(c.InOctets))
	b.Integer(rfc2866.AcctOutputOctets_Type, uint32(c.OutOctets))
	b.Integer(rfc2869.AcctInputGigawords_Type, uint32(c.InOctets>>32))
	b.Integer(rfc2869.AcctOutputGigawords_Type, uint32(c.OutOctets>>32))
	b.Integer(rfc2866.AcctInputPackets_Type, uint32(c.InPackets))
	b.Integer(rfc2866.AcctOutputPackets_Type, uint32(c.OutPackets))
	b.Integer(rfc2866.AcctSessionTime_Type, uint32(r.SessionTime/time.Second))
}
