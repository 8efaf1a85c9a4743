package policy

import (
	"slices"

	"lacd/policy/number"
	"lacd/pppoe/wire"
)

// What a call bears where a retailer says nothing else.
var (
	DefaultCalling = number.Must("{circuit_id|mac}")
	DefaultCalled  = number.Must("{service}")

	DefaultNASPortID = number.Must("{access}")
)

// CallInfo is what a retailer's LNSes are told about a subscriber, and its
// RADIUS servers in the same words. The zero value is the default. It is
// immutable.
type CallInfo struct {
	Calling    *number.Template // Calling Number; nil: DefaultCalling
	Called     *number.Template // Called Number; nil: DefaultCalled
	SubAddress *number.Template // Sub-Address; nil: none

	CallingStation *number.Template // Calling-Station-Id; nil: as Calling
	CalledStation  *number.Template // Called-Station-Id; nil: as Called

	NASPortID *number.Template // NAS-Port-Id; nil: DefaultNASPortID
	PortType  PortType         // NAS-Port-Type; 0: Ethernet

	NoPhysicalChannel bool // leave Physical Channel ID out of ICRQ

	Speed   []SpeedSource // in the order they are asked; empty: all, in the order of their constants
	TxSpeed uint64        // SpeedStatic towards the subscriber, bit/s; 0: DefaultSpeed
	RxSpeed uint64        // SpeedStatic from the subscriber, bit/s; 0: not known

	NoLine bool            // leave the access line AVPs of RFC 5515 out of ICRQ
	Line   []wire.LineType // those that are sent; empty: all
}

// Numbers are the numbers of one call. Empty ones are not sent.
type Numbers struct {
	Calling, Called, SubAddress   string // ICRQ
	CallingStation, CalledStation string // RADIUS
	NASPortID                     string
	NASPortType                   uint32
}

// PortType is how NAS-Port-Type is chosen.
type PortType uint8

// The ways to choose NAS-Port-Type.
const (
	PortEthernet PortType = iota
	PortVirtual
	PortPPPoE // by the VLAN tags of the subscriber
)

// The values of NAS-Port-Type (RFC 2865 section 5.41, and of the last three the
// registry of IANA).
const (
	typeVirtual    = 5
	typeEthernet   = 15
	typePPPoEoE    = 32
	typePPPoEoVLAN = 33
	typePPPoEoQinQ = 34
)

// value returns the NAS-Port-Type of a subscriber.
func (t PortType) value(v *number.Values) uint32 {
	switch {
	case t == PortVirtual:
		return typeVirtual
	case t != PortPPPoE:
		return typeEthernet
	case v.CVLAN != 0:
		return typePPPoEoQinQ
	case v.SVLAN != 0:
		return typePPPoEoVLAN
	}
	return typePPPoEoE
}

// Numbers returns the numbers of a subscriber's call.
func (c *CallInfo) Numbers(v *number.Values) Numbers {
	n := Numbers{
		Calling: either(c.Calling, DefaultCalling).Number(v),
		Called:  either(c.Called, DefaultCalled).Number(v),

		NASPortID:   either(c.NASPortID, DefaultNASPortID).Number(v),
		NASPortType: c.PortType.value(v),
	}
	n.CallingStation, n.CalledStation = n.Calling, n.Called
	if c.CallingStation != nil {
		n.CallingStation = c.CallingStation.Number(v)
	}
	if c.CalledStation != nil {
		n.CalledStation = c.CalledStation.Number(v)
	}
	if c.SubAddress != nil {
		n.SubAddress = c.SubAddress.Number(v)
	}
	return n
}

func either(t, def *number.Template) *number.Template {
	if t == nil {
		return def
	}
	return t
}

// TellsLine reports whether the LNS is told an attribute of the access line.
// The operator must be able "to limit and/or filter which AVPs, if any, are
// sent to the LNS" (RFC 5515 section 3).
func (c *CallInfo) TellsLine(t wire.LineType) bool {
	return !c.NoLine && (len(c.Line) == 0 || slices.Contains(c.Line, t))
}
