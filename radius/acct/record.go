package acct

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	layeh "layeh.com/radius"
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
	}
	return fmt.Sprintf("status-%d", uint8(s))
}

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
	Connection   string // Acct-Tunnel-Connection, the same in Start and Stop
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
	Counters       Counters  // Interim and Stop
	SessionTime    time.Duration
	TerminateCause uint32 // Stop only (RFC 2866 section 5.10)
	EventTime      time.Time
}

var _ radius.Request = (*Record)(nil)

// session reports whether the record is about a session, not the NAS.
func (r *Record) session() bool { return r.Status != On && r.Status != Off }

// Encode returns the Accounting-Request. Acct-Delay-Time is the age of the
// event at t.Now, so every packet encoded later differs and has an identifier
// of its own; a retransmission repeats the octets (RFC 2866 section 5.2).
func (r *Record) Encode(t radius.Try) ([]byte, error) {
	if len(t.Secret) == 0 {
		return nil, errors.New("the server has no secret")
	}
	b := radius.Builder{Packet: &layeh.Packet{
		Code:       layeh.CodeAccountingRequest,
		Identifier: t.ID,
		Secret:     t.Secret,
		Attributes: make(layeh.Attributes, 0, 40),
	}}
	nas := radius.NAS{
		Identifier: r.NASIdentifier, IP: r.NASIP, Port: r.NASPort, PortType: r.NASPortType, PortID: r.NASPortID,
	}
	b.Integer(rfc2866.AcctStatusType_Type, uint32(r.Status))
	b.Text(rfc2866.AcctSessionID_Type, r.id())
	b.Integer(rfc2866.AcctDelayTime_Type, uint32(max(0, t.Now.Sub(r.EventTime)/time.Second)))
	b.Integer(rfc2869.EventTimestamp_Type, uint32(r.EventTime.Unix()))
	b.NAS(&nas)
	if r.session() {
		if r.Session == "" {
			return nil, fmt.Errorf("accounting %s without a session", r.Status)
		}
		r.identity(&b, &nas)
		r.tunnel(&b)
	}
	if r.Status == Interim || r.Status == Stop {
		r.usage(&b)
	}
	if err := b.Err(); err != nil {
		return nil, err
	}
	// Encode computes the Request Authenticator (RFC 2866 section 3).
	return b.Packet.Encode()
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
	if r.Status == Stop && r.TerminateCause != 0 {
		b.Integer(rfc2866.AcctTerminateCause_Type, r.TerminateCause)
	}
}
