package l2tp

// A Message is a control message: one of the pointer types of this package.
// Fields that are slices alias what they were parsed from; nil means that the
// AVP is absent, which an empty slice does not.
type Message interface {
	Type() MessageType
	// set stores the value of one AVP. Its length is within the bounds of the
	// attribute table; the type is one that belongs to the message, or not
	// kept by it.
	set(t AVPType, v []byte) fault
	// encode appends the AVPs after the Message Type.
	encode(e *encoder)
}

// A fault says what is wrong with the value of an AVP.
type fault uint8

const (
	faultNone   fault = iota
	faultLength       // General Error Code 2, wrong length
	faultRange        // General Error Code 3, field out of range
)

// AppendMessage appends a control message: header, Message Type and AVPs.
// h.Control and h.Sequenced are taken as set. hide may be nil; if not, what
// should not travel in clear is hidden.
func AppendMessage(b []byte, h Header, m Message, hide *Hiding) []byte {
	h.Control = true
	begin := len(b)
	e := encoder{b: h.AppendTo(b, 0), hide: hide}
	// "This AVP MUST be the first AVP in a message" (section 4.4.1).
	e.uint16(AttrMessageType, uint16(m.Type()))
	m.encode(&e)
	be.PutUint16(e.b[begin+2:], uint16(len(e.b)-begin))
	return e.b
}

// AppendZLB appends a zero-length body message, which acknowledges (RFC 2661
// section 5.8).
func AppendZLB(b []byte, h Header) []byte {
	h.Control = true
	return h.AppendTo(b, 0)
}

// Protocol version 1, revision 0 (RFC 2661 section 4.4.3). Any revision of
// version 1 is accepted.
const protocolVersion = 0x0100

// Bits of Framing Capabilities and Framing Type (RFC 2661 section 4.4.3).
const (
	FramingSync  uint32 = 1
	FramingAsync uint32 = 2
)

// DefaultWindow is the receive window of a peer that does not send the
// Receive Window Size AVP (RFC 2661 section 4.4.3).
const DefaultWindow = 4

// Setup is what SCCRQ and SCCRP have in common.
type Setup struct {
	Framing    uint32 // FramingSync, FramingAsync
	Bearer     uint32 // bearers offered for outgoing calls; 0: none, not sent
	Firmware   uint16 // 0: not sent
	HostName   []byte
	VendorName []byte
	TunnelID   TunnelID // the sender's
	Window     uint16   // messages; 0: not sent, meaning DefaultWindow
	Challenge  []byte
}

func (m *Setup) set(t AVPType, v []byte) fault {
	switch t { //nolint:exhaustive // the AVPs kept
	case AttrFramingCapabilities:
		m.Framing = be.Uint32(v)
	case AttrBearerCapabilities:
		m.Bearer = be.Uint32(v)
	case AttrFirmwareRevision:
		m.Firmware = be.Uint16(v)
	case AttrHostName:
		m.HostName = v
	case AttrVendorName:
		m.VendorName = v
	case AttrAssignedTunnelID:
		m.TunnelID = TunnelID(be.Uint16(v))
		return nonzero(uint16(m.TunnelID))
	case AttrReceiveWindowSize:
		// "A value of 0 for the Receive Window Size AVP is invalid"
		// (section 5.8).
		m.Window = be.Uint16(v)
		return nonzero(m.Window)
	case AttrChallenge:
		m.Challenge = v
	}
	return faultNone
}

func (m *Setup) encode(e *encoder) {
	e.uint16(AttrProtocolVersion, protocolVersion)
	e.uint32(AttrFramingCapabilities, m.Framing)
	if m.Bearer != 0 {
		e.uint32(AttrBearerCapabilities, m.Bearer)
	}
	if m.Firmware != 0 {
		e.uint16(AttrFirmwareRevision, m.Firmware)
	}
	e.bytes(AttrHostName, m.HostName)
	e.optional(AttrVendorName, m.VendorName)
	e.uint16(AttrAssignedTunnelID, uint16(m.TunnelID))
	if m.Window != 0 {
		e.uint16(AttrReceiveWindowSize, m.Window)
	}
	e.optional(AttrChallenge, m.Challenge)
}

// nonzero checks an ID or a window, of which 0 is out of range.
func nonzero(v uint16) fault {
	if v == 0 {
		return faultRange
	}
	return faultNone
}

// SCCRQ is Start-Control-Connection-Request (RFC 2661 section 6.1).
type SCCRQ struct {
	Setup
	TieBreaker []byte // 8 octets
}

// Type returns TypeSCCRQ.
func (*SCCRQ) Type() MessageType { return TypeSCCRQ }

func (m *SCCRQ) set(t AVPType, v []byte) fault {
	if t == AttrTieBreaker {
		m.TieBreaker = v
		return faultNone
	}
	return m.Setup.set(t, v)
}

func (m *SCCRQ) encode(e *encoder) {
	m.Setup.encode(e)
	e.optional(AttrTieBreaker, m.TieBreaker)
}

// SCCRP is Start-Control-Connection-Reply (RFC 2661 section 6.2).
type SCCRP struct {
	Setup
	Response []byte // 16 octets; present if the SCCRQ had a challenge
}

// Type returns TypeSCCRP.
func (*SCCRP) Type() MessageType { return TypeSCCRP }

func (m *SCCRP) set(t AVPType, v []byte) fault {
	if t == AttrChallengeResponse {
		m.Response = v
		return faultNone
	}
	return m.Setup.set(t, v)
}

func (m *SCCRP) encode(e *encoder) {
	m.Setup.encode(e)
	e.optional(AttrChallengeResponse, m.Response)
}

// SCCCN is Start-Control-Connection-Connected (RFC 2661 section 6.3).
type SCCCN struct {
	Response []byte // 16 octets; present if the SCCRP had a challenge
}

// Type returns TypeSCCCN.
func (*SCCCN) Type() MessageType { return TypeSCCCN }

func (m *SCCCN) set(t AVPType, v []byte) fault {
	if t == AttrChallengeResponse {
		m.Response = v
	}
	return faultNone
}

func (m *SCCCN) encode(e *encoder) { e.optional(AttrChallengeResponse, m.Response) }

// StopCCN is Stop-Control-Connection-Notification (RFC 2661 section 6.4).
type StopCCN struct {
	Result   ResultCode
	TunnelID TunnelID // the sender's, as first sent
}

// Type returns TypeStopCCN.
func (*StopCCN) Type() MessageType { return TypeStopCCN }

func (m *StopCCN) set(t AVPType, v []byte) fault {
	switch t { //nolint:exhaustive // the AVPs kept
	case AttrResultCode:
		return m.Result.set(v)
	case AttrAssignedTunnelID:
		m.TunnelID = TunnelID(be.Uint16(v))
	}
	return faultNone
}

func (m *StopCCN) encode(e *encoder) {
	m.Result.encode(e)
	e.uint16(AttrAssignedTunnelID, uint16(m.TunnelID))
}

// HELLO is Hello, the keepalive (RFC 2661 section 6.5).
type HELLO struct{}

// Type returns TypeHELLO.
func (*HELLO) Type() MessageType         { return TypeHELLO }
func (*HELLO) set(AVPType, []byte) fault { return faultNone }
func (*HELLO) encode(*encoder)           {}

// Unknown is a message of a type that is not known here and need not be: its
// Message Type AVP was not mandatory. "If the M-bit is not set, the message
// may be ignored", but it is acknowledged (RFC 2661 section 4.4.1). Its AVPs
// are not looked at.
type Unknown struct{ Of MessageType }

// Type returns the type in the message.
func (m *Unknown) Type() MessageType       { return m.Of }
func (*Unknown) set(AVPType, []byte) fault { return faultNone }
func (*Unknown) encode(*encoder)           {}
