package l2tp

import "strconv"

// A MessageType is the value of the Message Type AVP (RFC 2661 section 3.2).
type MessageType uint16

// The control messages of RFC 2661. Types 0, 5 and 13 are reserved.
const (
	TypeSCCRQ   MessageType = 1
	TypeSCCRP   MessageType = 2
	TypeSCCCN   MessageType = 3
	TypeStopCCN MessageType = 4
	TypeHELLO   MessageType = 6
	TypeOCRQ    MessageType = 7
	TypeOCRP    MessageType = 8
	TypeOCCN    MessageType = 9
	TypeICRQ    MessageType = 10
	TypeICRP    MessageType = 11
	TypeICCN    MessageType = 12
	TypeCDN     MessageType = 14
	TypeWEN     MessageType = 15
	TypeSLI     MessageType = 16
)

var messageNames = [...]string{
	TypeSCCRQ: "SCCRQ", TypeSCCRP: "SCCRP", TypeSCCCN: "SCCCN", TypeStopCCN: "StopCCN",
	TypeHELLO: "HELLO", TypeOCRQ: "OCRQ", TypeOCRP: "OCRP", TypeOCCN: "OCCN",
	TypeICRQ: "ICRQ", TypeICRP: "ICRP", TypeICCN: "ICCN",
	TypeCDN: "CDN", TypeWEN: "WEN", TypeSLI: "SLI",
}

// String returns the name RFC 2661 gives the message type.
func (t MessageType) String() string {
	if int(t) < len(messageNames) && messageNames[t] != "" {
		return messageNames[t]
	}
	return "message type " + strconv.Itoa(int(t))
}

// Session reports whether messages of this type belong to a call, so that an
// error in one ends the call (CDN) and not the tunnel (StopCCN).
func (t MessageType) Session() bool {
	switch t {
	case TypeOCRQ, TypeOCRP, TypeOCCN, TypeICRQ, TypeICRP, TypeICCN, TypeCDN, TypeWEN, TypeSLI:
		return true
	case TypeSCCRQ, TypeSCCRP, TypeSCCCN, TypeStopCCN, TypeHELLO:
	}
	return false
}

// An AVPType is an attribute number of vendor 0, the IETF.
type AVPType uint16

// The attributes of RFC 2661 section 4.4, and that of RFC 3145.
const (
	AttrMessageType         AVPType = 0
	AttrResultCode          AVPType = 1
	AttrProtocolVersion     AVPType = 2
	AttrFramingCapabilities AVPType = 3
	AttrBearerCapabilities  AVPType = 4
	AttrTieBreaker          AVPType = 5
	AttrFirmwareRevision    AVPType = 6
	AttrHostName            AVPType = 7
	AttrVendorName          AVPType = 8
	AttrAssignedTunnelID    AVPType = 9
	AttrReceiveWindowSize   AVPType = 10
	AttrChallenge           AVPType = 11
	AttrCauseCode           AVPType = 12
	AttrChallengeResponse   AVPType = 13
	AttrAssignedSessionID   AVPType = 14
	AttrCallSerialNumber    AVPType = 15
	AttrMinimumBPS          AVPType = 16
	AttrMaximumBPS          AVPType = 17
	AttrBearerType          AVPType = 18
	AttrFramingType         AVPType = 19
	AttrCalledNumber        AVPType = 21
	AttrCallingNumber       AVPType = 22
	AttrSubAddress          AVPType = 23
	AttrTxConnectSpeed      AVPType = 24
	AttrPhysicalChannelID   AVPType = 25
	AttrInitialReceivedLCP  AVPType = 26
	AttrLastSentLCP         AVPType = 27
	AttrLastReceivedLCP     AVPType = 28
	AttrProxyAuthenType     AVPType = 29
	AttrProxyAuthenName     AVPType = 30
	AttrProxyAuthenChal     AVPType = 31
	AttrProxyAuthenID       AVPType = 32
	AttrProxyAuthenResponse AVPType = 33
	AttrCallErrors          AVPType = 34
	AttrACCM                AVPType = 35
	AttrRandomVector        AVPType = 36
	AttrPrivateGroupID      AVPType = 37
	AttrRxConnectSpeed      AVPType = 38
	AttrSequencingRequired  AVPType = 39
	AttrDisconnectCause     AVPType = 46
)

// maxValue is the longest value an AVP can have: its 10-bit Length counts the
// header of 6.
const maxValue = 1023 - 6

// An attribute says how one AVP is written and what is accepted.
type attribute struct {
	name     string
	in       uint32 // messages it belongs to, a bit per MessageType
	required uint32 // those of them that must have it
	m        bool   // M bit as sent
	hide     bool   // may be hidden
	min, max int    // octets of value
}

// Sets of message types.
const (
	sccrq, sccrp, scccn, stopccn = 1 << TypeSCCRQ, 1 << TypeSCCRP, 1 << TypeSCCCN, 1 << TypeStopCCN
	ocrq, ocrp, occn             = 1 << TypeOCRQ, 1 << TypeOCRP, 1 << TypeOCCN
	icrq, icrp, iccn             = 1 << TypeICRQ, 1 << TypeICRP, 1 << TypeICCN
	cdn, wen, sli                = 1 << TypeCDN, 1 << TypeWEN, 1 << TypeSLI
	setup                        = sccrq | sccrp
	anyMessage                   = 1<<32 - 1
)

// attributes is RFC 2661 section 4.4 as a table, with the required AVPs of
// section 6. A row without a name is an attribute that is not known here.
var attributes = [...]attribute{
	AttrMessageType:         {"Message Type", anyMessage, anyMessage, true, false, 2, 2},
	AttrResultCode:          {"Result Code", cdn | stopccn, cdn | stopccn, true, false, 2, maxValue},
	AttrProtocolVersion:     {"Protocol Version", setup, setup, true, false, 2, 2},
	AttrFramingCapabilities: {"Framing Capabilities", setup, setup, true, true, 4, 4},
	AttrBearerCapabilities:  {"Bearer Capabilities", setup, 0, true, true, 4, 4},
	AttrTieBreaker:          {"Tie Breaker", sccrq, 0, false, false, 8, 8},
	AttrFirmwareRevision:    {"Firmware Revision", setup, 0, false, true, 2, 2},
	AttrHostName:            {"Host Name", setup, setup, true, false, 1, maxValue},
	AttrVendorName:          {"Vendor Name", setup, 0, false, true, 0, maxValue},
	AttrAssignedTunnelID:    {"Assigned Tunnel ID", setup | stopccn, setup | stopccn, true, true, 2, 2},
	AttrReceiveWindowSize:   {"Receive Window Size", setup, 0, true, false, 2, 2},
	AttrChallenge:           {"Challenge", setup, 0, true, true, 1, maxValue},
	AttrCauseCode:           {"Q.931 Cause Code", cdn, 0, true, false, 3, maxValue},
	AttrChallengeResponse:   {"Challenge Response", sccrp | scccn, 0, true, true, 16, 16},
	AttrAssignedSessionID:   {"Assigned Session ID", icrq | icrp | ocrq | ocrp | cdn, icrq | icrp | ocrq | ocrp | cdn, true, true, 2, 2},
	AttrCallSerialNumber:    {"Call Serial Number", icrq | ocrq, icrq | ocrq, true, true, 4, 4},
	AttrMinimumBPS:          {"Minimum BPS", ocrq, ocrq, true, true, 4, 4},
	AttrMaximumBPS:          {"Maximum BPS", ocrq, ocrq, true, true, 4, 4},
	AttrBearerType:          {"Bearer Type", icrq | ocrq, ocrq, true, true, 4, 4},
	AttrFramingType:         {"Framing Type", iccn | occn | ocrq, iccn | occn | ocrq, true, true, 4, 4},
	AttrCalledNumber:        {"Called Number", icrq | ocrq, ocrq, true, true, 0, maxValue},
	AttrCallingNumber:       {"Calling Number", icrq, 0, true, true, 0, maxValue},
	AttrSubAddress:          {"Sub-Address", icrq | ocrq, 0, true, true, 0, maxValue},
	AttrTxConnectSpeed:      {"Tx Connect Speed", iccn | occn, iccn | occn, true, true, 4, 4},
	AttrPhysicalChannelID:   {"Physical Channel ID", icrq | ocrp, 0, false, true, 4, 4},
	AttrInitialReceivedLCP:  {"Initial Received LCP CONFREQ", iccn, 0, false, true, 0, maxValue},
	AttrLastSentLCP:         {"Last Sent LCP CONFREQ", iccn, 0, false, true, 0, maxValue},
	AttrLastReceivedLCP:     {"Last Received LCP CONFREQ", iccn, 0, false, true, 0, maxValue},
	AttrProxyAuthenType:     {"Proxy Authen Type", iccn, 0, false, true, 2, 2},
	AttrProxyAuthenName:     {"Proxy Authen Name", iccn, 0, false, true, 0, maxValue},
	AttrProxyAuthenChal:     {"Proxy Authen Challenge", iccn, 0, false, true, 0, maxValue},
	AttrProxyAuthenID:       {"Proxy Authen ID", iccn, 0, false, true, 2, 2},
	AttrProxyAuthenResponse: {"Proxy Authen Response", iccn, 0, false, true, 0, maxValue},
	AttrCallErrors:          {"Call Errors", wen, wen, true, true, 26, 26},
	AttrACCM:                {"ACCM", sli, sli, true, true, 10, 10},
	AttrRandomVector:        {"Random Vector", anyMessage, 0, true, false, 0, maxValue},
	AttrPrivateGroupID:      {"Private Group ID", iccn, 0, false, true, 0, maxValue},
	AttrRxConnectSpeed:      {"Rx Connect Speed", iccn | occn, 0, false, true, 4, 4},
	AttrSequencingRequired:  {"Sequencing Required", iccn | occn, 0, true, false, 0, 0},
	AttrDisconnectCause:     {"PPP Disconnect Cause Code", cdn, 0, false, true, 5, maxValue},
}

// lookup returns the table row of an attribute, nil if it is not known.
func lookup(t AVPType) *attribute {
	if int(t) >= len(attributes) || attributes[t].name == "" {
		return nil
	}
	return &attributes[t]
}

// String returns number and name: "AVP 14 (Assigned Session ID)".
func (t AVPType) String() string {
	s := "AVP " + strconv.Itoa(int(t))
	if a := lookup(t); a != nil {
		s += " (" + a.name + ")"
	}
	return s
}
