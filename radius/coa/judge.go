package coa

import (
	"net/netip"
	"slices"
	"time"

	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"
	"layeh.com/radius/rfc2869"
	"layeh.com/radius/rfc3162"
	"layeh.com/radius/rfc4372"

	"lacd/policy"
)

// NAS is what requests may call this NAS.
type NAS struct {
	Identifier string
	Addresses  []netip.Addr
}

// Identity is what a session must match: all that is given. Empty strings are
// not given.
type Identity struct {
	AcctSession    string
	User           string
	CallingStation string
	CalledStation  string
	NASPortID      string
	NASPort        uint32
	HasNASPort     bool
	// Foreign: something is given that no session here has, such as the address
	// that the LNS gave the subscriber.
	Foreign bool
}

// given reports whether anything is.
func (i *Identity) given() bool { return *i != Identity{} }

// Terms are the new terms of a session. What is nil stays as it is.
type Terms struct {
	SessionTimeout  *time.Duration // since the session came up; 0: none
	IdleTimeout     *time.Duration // 0: none
	InterimInterval *time.Duration // at least policy.MinInterim
	Class           [][]byte
}

// Order is what a request asks for.
type Order struct {
	Kind    Kind
	Session Identity
	Class   [][]byte // Disconnect: for the accounting Stop
	Terms   Terms    // Change
}

// authorizeOnly is the Service-Type of RFC 5176 section 3.2.
const authorizeOnly = 17

// judge collects what a request asks for and what is wrong with it.
type judge struct {
	nas   *NAS
	order Order
	seen  [256]bool // attributes of which there may be one
	wrong []ErrorCause

	hasState, service, authorizeOnly, changes bool
}

// Judge returns what the request asks for, in copies, or why it is refused
// whatever sessions there are.
func (p *Packet) Judge(n *NAS) (Order, ErrorCause) {
	j := judge{nas: n, order: Order{Kind: p.Kind}}
	for a := range cut(p.attributes) {
		switch {
		case j.identifies(a):
		case p.Kind == Disconnect:
			j.disconnect(a)
		default:
			j.change(a)
		}
	}
	return j.order, j.verdict()
}

// verdict returns the one cause that the client is told: where the request
// belongs comes first, then what cannot be understood, then what cannot be done.
func (j *judge) verdict() ErrorCause {
	if j.service {
		j.serve()
	}
	if !j.order.Session.given() {
		j.refuse(MissingAttribute)
	}
	for _, c := range [...]ErrorCause{
		NASMismatch, InvalidRequest, UnsupportedAttribute, MissingAttribute, UnsupportedService, InvalidValue,
	} {
		if slices.Contains(j.wrong, c) {
			return c
		}
	}
	return 0
}

// serve judges Service-Type. There is one service, and it cannot be changed; a
// request to "Authorize Only" must have a State and "contain only NAS or
// session identification attributes" beside it (RFC 5176 section 3.2).
func (j *judge) serve() {
	j.refuse(UnsupportedService)
	if j.authorizeOnly && !j.hasState {
		j.refuse(MissingAttribute)
	}
	if j.authorizeOnly && j.changes {
		j.refuse(UnsupportedAttribute)
	}
}

func (j *judge) refuse(c ErrorCause) { j.wrong = append(j.wrong, c) }

// once reports whether an attribute is sound: there is one of it, and it has n
// octets; n 0: any but none.
func (j *judge) once(a attribute, n int) bool {
	if j.seen[a.kind] || len(a.value) == 0 || n != 0 && len(a.value) != n {
		j.refuse(InvalidRequest)
		return false
	}
	j.seen[a.kind] = true
	return true
}

// identifies takes the attributes that identify the NAS and the session (RFC
// 5176 section 3).
func (j *judge) identifies(a attribute) bool {
	s := &j.order.Session
	switch a.kind {
	case rfc2865.NASIPAddress_Type:
		j.address(a, 4)
	case rfc3162.NASIPv6Address_Type:
		j.address(a, 16)
	case rfc2865.NASIdentifier_Type:
		if j.once(a, 0) && string(a.value) != j.nas.Identifier {
			j.refuse(NASMismatch)
		}
	case rfc2866.AcctSessionID_Type:
		j.text(a, &s.AcctSession)
	case rfc2865.UserName_Type:
		j.text(a, &s.User)
	case rfc2865.CallingStationID_Type:
		j.text(a, &s.CallingStation)
	case rfc2865.CalledStationID_Type:
		j.text(a, &s.CalledStation)
	case rfc2869.NASPortID_Type:
		j.text(a, &s.NASPortID)
	case rfc2865.NASPort_Type:
		if j.once(a, 4) {
			s.NASPort, s.HasNASPort = be.Uint32(a.value), true
		}
	case rfc2865.FramedIPAddress_Type, rfc3162.FramedInterfaceID_Type, rfc3162.FramedIPv6Prefix_Type,
		rfc2866.AcctMultiSessionID_Type, rfc4372.ChargeableUserIdentity_Type:
		s.Foreign = true
	default:
		return false
	}
	return true
}

func (j *judge) text(a attribute, to *string) {
	if j.once(a, 0) {
		*to = string(a.value)
	}
}

func (j *judge) address(a attribute, n int) {
	if !j.once(a, n) {
		return
	}
	if ip, _ := netip.AddrFromSlice(a.value); !slices.Contains(j.nas.Addresses, ip.Unmap()) {
		j.refuse(NASMismatch)
	}
}

// disconnect takes what a Disconnect-Request has beside identification: "If
// other attributes are included in a Disconnect-Request, implementations MUST
// send a Disconnect-NAK" (RFC 5176 section 3), but for those of the table in
// section 3.6. There is no way to show a Reply-Message once the LNS has the
// link.
func (j *judge) disconnect(a attribute) {
	switch a.kind {
	case rfc2865.ReplyMessage_Type, rfc2865.ProxyState_Type, rfc2869.EventTimestamp_Type, rfc2869.MessageAuthenticator_Type:
	case rfc2866.AcctTerminateCause_Type:
		j.once(a, 4)
	case rfc2865.Class_Type:
		j.class(a, &j.order.Class)
	default:
		j.refuse(UnsupportedAttribute)
	}
}

// change takes what a CoA-Request has beside identification: "all attributes
// MUST be treated as mandatory" (RFC 5176 section 2.3).
func (j *judge) change(a attribute) {
	t := &j.order.Terms
	switch a.kind {
	case rfc2865.ProxyState_Type, rfc2869.EventTimestamp_Type, rfc2869.MessageAuthenticator_Type:
		return
	case rfc2865.State_Type:
		j.hasState = j.once(a, 0) || j.hasState
		return
	case rfc2865.ServiceType_Type:
		j.service = true
		if j.once(a, 4) {
			j.authorizeOnly = be.Uint32(a.value) == authorizeOnly
		}
		return
	case rfc2865.SessionTimeout_Type:
		j.seconds(a, &t.SessionTimeout, 0)
	case rfc2865.IdleTimeout_Type:
		j.seconds(a, &t.IdleTimeout, 0)
	case rfc2869.AcctInterimInterval_Type:
		j.seconds(a, &t.InterimInterval, policy.MinInterim)
	case rfc2865.Class_Type:
		j.class(a, &t.Class)
	default:
		j.refuse(UnsupportedAttribute)
	}
	j.changes = true
}

func (j *judge) class(a attribute, to *[][]byte) {
	if len(a.value) == 0 {
		j.refuse(InvalidValue)
		return
	}
	*to = append(*to, slices.Clone(a.value))
}

func (j *judge) seconds(a attribute, to **time.Duration, least time.Duration) {
	if *to != nil {
		j.refuse(InvalidRequest)
		return
	}
	if len(a.value) != 4 {
		j.refuse(InvalidValue)
		return
	}
	d := time.Duration(be.Uint32(a.value)) * time.Second
	if d < least {
		j.refuse(InvalidValue)
	}
	*to = &d
}

// copied reports whether an attribute of the request returns in its answer
// unchanged (RFC 5176 sections 3.1 and 3.3).
func (p *Packet) copied(t layeh.Type) bool {
	return t == rfc2865.ProxyState_Type || t == rfc2865.State_Type && p.Kind == Change
}
