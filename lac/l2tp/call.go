package l2tp

// ICRQ is Incoming-Call-Request (RFC 2661 section 6.6), with the access line
// AVPs of RFC 5515 section 5.
type ICRQ struct {
	SessionID       SessionID // the sender's
	Serial          uint32    // Call Serial Number
	Bearer          uint32    // Bearer Type; 0: no physical link of a known kind
	HasBearer       bool
	PhysicalChannel uint32
	HasPhysical     bool
	Calling         []byte
	Called          []byte
	SubAddress      []byte
	Line            []LineAVP
}

// Type returns TypeICRQ.
func (*ICRQ) Type() MessageType { return TypeICRQ }

func (m *ICRQ) set(t AVPType, v []byte) fault {
	switch t { //nolint:exhaustive // the AVPs kept
	case AttrAssignedSessionID:
		m.SessionID = SessionID(be.Uint16(v))
		return nonzero(uint16(m.SessionID))
	case AttrCallSerialNumber:
		m.Serial = be.Uint32(v)
	case AttrBearerType:
		m.Bearer, m.HasBearer = be.Uint32(v), true
	case AttrPhysicalChannelID:
		m.PhysicalChannel, m.HasPhysical = be.Uint32(v), true
	case AttrCallingNumber:
		m.Calling = v
	case AttrCalledNumber:
		m.Called = v
	case AttrSubAddress:
		m.SubAddress = v
	}
	return faultNone
}

func (m *ICRQ) encode(e *encoder) {
	e.uint16(AttrAssignedSessionID, uint16(m.SessionID))
	e.uint32(AttrCallSerialNumber, m.Serial)
	if m.HasBearer {
		e.uint32(AttrBearerType, m.Bearer)
	}
	if m.HasPhysical {
		e.uint32(AttrPhysicalChannelID, m.PhysicalChannel)
	}
	e.optional(AttrCallingNumber, m.Calling)
	e.optional(AttrCalledNumber, m.Called)
	e.optional(AttrSubAddress, m.SubAddress)
	for i := range m.Line {
		m.Line[i].encode(e)
	}
}

// ICRP is Incoming-Call-Reply (RFC 2661 section 6.7).
type ICRP struct {
	SessionID SessionID // the sender's
}

// Type returns TypeICRP.
func (*ICRP) Type() MessageType { return TypeICRP }

func (m *ICRP) set(t AVPType, v []byte) fault {
	if t != AttrAssignedSessionID {
		return faultNone
	}
	m.SessionID = SessionID(be.Uint16(v))
	return nonzero(uint16(m.SessionID))
}

func (m *ICRP) encode(e *encoder) { e.uint16(AttrAssignedSessionID, uint16(m.SessionID)) }

// ProxyLCP is the LCP negotiation between LAC and subscriber: the options of
// three Configure-Requests, without code, identifier and length (RFC 2661
// section 4.4.5). Nil is not sent; an empty list is.
type ProxyLCP struct {
	FirstReceived []byte // first from the subscriber
	LastSent      []byte // last to the subscriber, the one it acknowledged
	LastReceived  []byte // last from the subscriber, the one that was acknowledged
}

// Fits reports whether each list fits an AVP. One that does not cannot be sent
// byte-exact, and the three are sent together or not at all.
func (p *ProxyLCP) Fits() bool {
	return max(len(p.FirstReceived), len(p.LastSent), len(p.LastReceived)) <= maxValue
}

// Complete returns p with empty lists in place of nil ones, so that all three
// are sent.
func (p *ProxyLCP) Complete() ProxyLCP {
	return ProxyLCP{present(p.FirstReceived), present(p.LastSent), present(p.LastReceived)}
}

func present(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// Values of Proxy Authen Type (RFC 2661 section 4.4.5).
const (
	ProxyText     uint16 = 1 // textual user name and password exchange
	ProxyCHAP     uint16 = 2
	ProxyPAP      uint16 = 3
	ProxyNone     uint16 = 4 // not authenticated by the LAC
	ProxyMSCHAPv1 uint16 = 5
)

// ProxyAuth is the authentication between LAC and subscriber (RFC 2661
// section 4.4.5). Which fields are sent follows from the type.
type ProxyAuth struct {
	Type      uint16 // 0: no proxy authentication
	Name      []byte
	Challenge []byte // CHAP
	ID        uint8  // of the CHAP challenge or the PAP request
	Response  []byte // CHAP response value, or the password in clear
}

// Cleartext reports whether Response is a password in clear, which RFC 2661
// section 4.4.5 recommends hiding.
func (p *ProxyAuth) Cleartext() bool { return p.Type == ProxyText || p.Type == ProxyPAP }

func (p *ProxyAuth) encode(e *encoder) {
	if p.Type == 0 {
		return
	}
	e.uint16(AttrProxyAuthenType, p.Type)
	if p.Type == ProxyNone {
		return
	}
	e.bytes(AttrProxyAuthenName, p.Name)
	if p.Type == ProxyCHAP || p.Type == ProxyMSCHAPv1 {
		e.bytes(AttrProxyAuthenChal, p.Challenge)
	}
	if p.Type != ProxyText {
		e.uint16(AttrProxyAuthenID, uint16(p.ID))
	}
	if p.Cleartext() {
		e.secret(AttrProxyAuthenResponse, p.Response)
		return
	}
	e.bytes(AttrProxyAuthenResponse, p.Response)
}

// ICCN is Incoming-Call-Connected (RFC 2661 section 6.8).
type ICCN struct {
	TxSpeed      uint32 // bit/s towards the subscriber
	RxSpeed      uint32 // bit/s from the subscriber; 0: not sent, the same as TxSpeed
	Framing      uint32 // FramingSync or FramingAsync
	LCP          ProxyLCP
	Auth         ProxyAuth
	PrivateGroup []byte
	Sequencing   bool // Sequencing Required
}

// Type returns TypeICCN.
func (*ICCN) Type() MessageType { return TypeICCN }

func (m *ICCN) set(t AVPType, v []byte) fault {
	switch t { //nolint:exhaustive // the AVPs kept
	case AttrTxConnectSpeed:
		m.TxSpeed = be.Uint32(v)
	case AttrRxConnectSpeed:
		m.RxSpeed = be.Uint32(v)
	case AttrFramingType:
		m.Framing = be.Uint32(v)
	case AttrInitialReceivedLCP:
		m.LCP.FirstReceived = v
	case AttrLastSentLCP:
		m.LCP.LastSent = v
	case AttrLastReceivedLCP:
		m.LCP.LastReceived = v
	case AttrProxyAuthenType:
		m.Auth.Type = be.Uint16(v)
	case AttrProxyAuthenName:
		m.Auth.Name = v
	case AttrProxyAuthenChal:
		m.Auth.Challenge = v
	case AttrProxyAuthenID:
		m.Auth.ID = v[1] // "The first octet is reserved"
	case AttrProxyAuthenResponse:
		m.Auth.Response = v
	case AttrPrivateGroupID:
		m.PrivateGroup = v
	case AttrSequencingRequired:
		m.Sequencing = true
	}
	return faultNone
}

func (m *ICCN) encode(e *encoder) {
	e.uint32(AttrTxConnectSpeed, m.TxSpeed)
	e.uint32(AttrFramingType, m.Framing)
	e.optional(AttrInitialReceivedLCP, m.LCP.FirstReceived)
	e.optional(AttrLastSentLCP, m.LCP.LastSent)
	e.optional(AttrLastReceivedLCP, m.LCP.LastReceived)
	m.Auth.encode(e)
	e.optional(AttrPrivateGroupID, m.PrivateGroup)
	if m.RxSpeed != 0 {
		e.uint32(AttrRxConnectSpeed, m.RxSpeed)
	}
	if m.Sequencing {
		e.bytes(AttrSequencingRequired, nil)
	}
}

// maxDisconnects is how many PPP Disconnect Cause Codes of one CDN are kept:
// more than there are NCPs.
const maxDisconnects = 8

// CDN is Call-Disconnect-Notify (RFC 2661 section 6.12).
type CDN struct {
	Result     ResultCode
	SessionID  SessionID // the sender's, as first sent
	Cause      []byte    // Q.931 Cause Code: u16 cause, u8 message, text
	Disconnect []Disconnect
}

// Type returns TypeCDN.
func (*CDN) Type() MessageType { return TypeCDN }

func (m *CDN) set(t AVPType, v []byte) fault {
	switch t { //nolint:exhaustive // the AVPs kept
	case AttrResultCode:
		return m.Result.set(v)
	case AttrAssignedSessionID:
		m.SessionID = SessionID(be.Uint16(v))
	case AttrCauseCode:
		m.Cause = v
	case AttrDisconnectCause:
		// "Multiple copies" are for several NCPs (RFC 3145 section 3.4).
		if len(m.Disconnect) == maxDisconnects {
			return faultNone
		}
		m.Disconnect = append(m.Disconnect, Disconnect{
			Code: be.Uint16(v), Protocol: be.Uint16(v[2:]), Direction: v[4], Text: v[5:],
		})
	}
	return faultNone
}

func (m *CDN) encode(e *encoder) {
	m.Result.encode(e)
	e.uint16(AttrAssignedSessionID, uint16(m.SessionID))
	e.optional(AttrCauseCode, m.Cause)
	for i := range m.Disconnect {
		m.Disconnect[i].encode(e)
	}
}

// OCRQ is Outgoing-Call-Request (RFC 2661 section 6.9).
type OCRQ struct {
	SessionID  SessionID // the sender's
	Serial     uint32
	MinimumBPS uint32 // bit/s
	MaximumBPS uint32 // bit/s
	Bearer     uint32
	Framing    uint32
	Called     []byte
	SubAddress []byte
}

// Type returns TypeOCRQ.
func (*OCRQ) Type() MessageType { return TypeOCRQ }

func (m *OCRQ) set(t AVPType, v []byte) fault {
	switch t { //nolint:exhaustive // the AVPs kept
	case AttrAssignedSessionID:
		m.SessionID = SessionID(be.Uint16(v))
		return nonzero(uint16(m.SessionID))
	case AttrCallSerialNumber:
		m.Serial = be.Uint32(v)
	case AttrMinimumBPS:
		m.MinimumBPS = be.Uint32(v)
	case AttrMaximumBPS:
		m.MaximumBPS = be.Uint32(v)
	case AttrBearerType:
		m.Bearer = be.Uint32(v)
	case AttrFramingType:
		m.Framing = be.Uint32(v)
	case AttrCalledNumber:
		m.Called = v
	case AttrSubAddress:
		m.SubAddress = v
	}
	return faultNone
}

func (m *OCRQ) encode(e *encoder) {
	e.uint16(AttrAssignedSessionID, uint16(m.SessionID))
	e.uint32(AttrCallSerialNumber, m.Serial)
	e.uint32(AttrMinimumBPS, m.MinimumBPS)
	e.uint32(AttrMaximumBPS, m.MaximumBPS)
	e.uint32(AttrBearerType, m.Bearer)
	e.uint32(AttrFramingType, m.Framing)
	e.bytes(AttrCalledNumber, m.Called)
	e.optional(AttrSubAddress, m.SubAddress)
}

// OCRP is Outgoing-Call-Reply (RFC 2661 section 6.10).
type OCRP struct {
	SessionID       SessionID // the sender's
	PhysicalChannel uint32
	HasPhysical     bool
}

// Type returns TypeOCRP.
func (*OCRP) Type() MessageType { return TypeOCRP }

func (m *OCRP) set(t AVPType, v []byte) fault {
	switch t { //nolint:exhaustive // the AVPs kept
	case AttrAssignedSessionID:
		m.SessionID = SessionID(be.Uint16(v))
		return nonzero(uint16(m.SessionID))
	case AttrPhysicalChannelID:
		m.PhysicalChannel, m.HasPhysical = be.Uint32(v), true
	}
	return faultNone
}

func (m *OCRP) encode(e *encoder) {
	e.uint16(AttrAssignedSessionID, uint16(m.SessionID))
	if m.HasPhysical {
		e.uint32(AttrPhysicalChannelID, m.PhysicalChannel)
	}
}

// OCCN is Outgoing-Call-Connected (RFC 2661 section 6.11).
type OCCN struct {
	TxSpeed    uint32 // bit/s
	RxSpeed    uint32 // bit/s; 0: not sent
	Framing    uint32
	Sequencing bool
}

// Type returns TypeOCCN.
func (*OCCN) Type() MessageType { return TypeOCCN }

func (m *OCCN) set(t AVPType, v []byte) fault {
	switch t { //nolint:exhaustive // the AVPs kept
	case AttrTxConnectSpeed:
		m.TxSpeed = be.Uint32(v)
	case AttrRxConnectSpeed:
		m.RxSpeed = be.Uint32(v)
	case AttrFramingType:
		m.Framing = be.Uint32(v)
	case AttrSequencingRequired:
		m.Sequencing = true
	}
	return faultNone
}

func (m *OCCN) encode(e *encoder) {
	e.uint32(AttrTxConnectSpeed, m.TxSpeed)
	e.uint32(AttrFramingType, m.Framing)
	if m.RxSpeed != 0 {
		e.uint32(AttrRxConnectSpeed, m.RxSpeed)
	}
	if m.Sequencing {
		e.bytes(AttrSequencingRequired, nil)
	}
}

// WEN is WAN-Error-Notify (RFC 2661 section 6.13). Counters are cumulative
// for the call.
type WEN struct {
	CRC, Framing, HardwareOverrun, BufferOverrun, Timeout, Alignment uint32
}

// Type returns TypeWEN.
func (*WEN) Type() MessageType { return TypeWEN }

func (m *WEN) set(t AVPType, v []byte) fault {
	if t == AttrCallErrors {
		m.CRC, m.Framing = be.Uint32(v[2:]), be.Uint32(v[6:])
		m.HardwareOverrun, m.BufferOverrun = be.Uint32(v[10:]), be.Uint32(v[14:])
		m.Timeout, m.Alignment = be.Uint32(v[18:]), be.Uint32(v[22:])
	}
	return faultNone
}

func (m *WEN) encode(e *encoder) {
	v := make([]byte, 2, 26)
	for _, n := range [...]uint32{m.CRC, m.Framing, m.HardwareOverrun, m.BufferOverrun, m.Timeout, m.Alignment} {
		v = be.AppendUint32(v, n)
	}
	e.bytes(AttrCallErrors, v)
}

// SLI is Set-Link-Info (RFC 2661 section 6.14).
type SLI struct {
	SendACCM    uint32 // the LAC's, towards the subscriber
	ReceiveACCM uint32
}

// Type returns TypeSLI.
func (*SLI) Type() MessageType { return TypeSLI }

func (m *SLI) set(t AVPType, v []byte) fault {
	if t == AttrACCM {
		m.SendACCM, m.ReceiveACCM = be.Uint32(v[2:]), be.Uint32(v[6:])
	}
	return faultNone
}

func (m *SLI) encode(e *encoder) {
	v := be.AppendUint32(make([]byte, 2, 10), m.SendACCM)
	e.bytes(AttrACCM, be.AppendUint32(v, m.ReceiveACCM))
}
