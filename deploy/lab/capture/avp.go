package capture

import (
	"fmt"
	"slices"
)

// Control message types, RFC 2661 section 3.2.
const (
	sccrq   = 1
	sccrp   = 2
	scccn   = 3
	stopccn = 4
	hello   = 6
	icrq    = 10
	icrp    = 11
	iccn    = 12
	cdn     = 14
	wen     = 15
	sli     = 16
	csun    = 28
)

var messageNames = map[int]string{
	sccrq: "SCCRQ", sccrp: "SCCRP", scccn: "SCCCN", stopccn: "StopCCN", hello: "HELLO",
	icrq: "ICRQ", icrp: "ICRP", iccn: "ICCN", cdn: "CDN", wen: "WEN", sli: "SLI", csun: "CSUN",
}

// rule is what the table says of one AVP.
type rule struct {
	name      string
	in        []int // message types; nil: all
	mandatory bool
	mayHide   bool
	min, max  int // of the whole AVP before hiding, octets; max 0: no bound
}

// longest is the largest AVP Length, 10 bits (RFC 2661 section 4.1).
const longest = 1023

var (
	start = []int{sccrq, sccrp}
	calls = []int{icrq, icrp, cdn}
	conn  = []int{iccn}
	req   = []int{icrq}
)

// ietf are the AVPs of vendor 0: RFC 2661 section 4.4, RFC 3145, RFC 3308, RFC
// 3437, RFC 5515.
var ietf = map[uint16]rule{
	0:  {"Message Type", nil, true, false, 8, 8},
	1:  {"Result Code", []int{stopccn, cdn}, true, false, 8, 0},
	2:  {"Protocol Version", start, true, false, 8, 8},
	3:  {"Framing Capabilities", start, true, true, 10, 10},
	4:  {"Bearer Capabilities", start, true, true, 10, 10},
	5:  {"Tie Breaker", []int{sccrq}, false, false, 14, 14},
	6:  {"Firmware Revision", start, false, true, 8, 8},
	7:  {"Host Name", start, true, false, 7, 0},
	8:  {"Vendor Name", start, false, true, 6, 0},
	9:  {"Assigned Tunnel ID", []int{sccrq, sccrp, stopccn}, true, true, 8, 8},
	10: {"Receive Window Size", start, true, false, 8, 8},
	11: {"Challenge", start, true, true, 7, 0},
	12: {"Q.931 Cause Code", []int{cdn}, true, false, 9, 0},
	13: {"Challenge Response", []int{sccrp, scccn}, true, true, 22, 22},
	14: {"Assigned Session ID", calls, true, true, 8, 8},
	15: {"Call Serial Number", req, true, true, 10, 10},
	18: {"Bearer Type", req, true, true, 10, 10},
	19: {"Framing Type", conn, true, true, 10, 10},
	21: {"Called Number", req, true, true, 6, 0},
	22: {"Calling Number", req, true, true, 6, 0},
	23: {"Sub-Address", req, true, true, 6, 0},
	24: {"(Tx) Connect Speed", conn, true, true, 10, 10},
	25: {"Physical Channel ID", req, false, true, 10, 10},
	26: {"Initial Received LCP CONFREQ", conn, false, true, 6, 0},
	27: {"Last Sent LCP CONFREQ", conn, false, true, 6, 0},
	28: {"Last Received LCP CONFREQ", conn, false, true, 6, 0},
	29: {"Proxy Authen Type", conn, false, true, 8, 8},
	30: {"Proxy Authen Name", conn, false, true, 6, 0},
	31: {"Proxy Authen Challenge", conn, false, true, 6, 0},
	32: {"Proxy Authen ID", conn, false, true, 8, 8},
	33: {"Proxy Authen Response", conn, false, true, 6, 0},
	34: {"Call Errors", []int{wen}, true, true, 32, 32},
	35: {"ACCM", []int{sli}, true, true, 16, 16},
	36: {"Random Vector", nil, true, false, 7, 0},
	37: {"Private Group ID", conn, false, true, 6, 0},
	38: {"Rx Connect Speed", conn, false, true, 10, 10},
	39: {"Sequencing Required", conn, true, false, 6, 6},
	46: {"PPP Disconnect Cause", []int{cdn}, false, true, 11, 0},
	47: {"Control Connection DS", start, false, true, 8, 8},
	48: {"Session DS", []int{icrq, icrp}, false, true, 8, 8},
	49: {"LCP Want Options", conn, false, true, 6, 0},
	50: {"LCP Allow Options", conn, false, true, 6, 0},
	97: {"Connect Speed Update", []int{csun}, false, true, 18, 18},
	98: {"Connect Speed Update Enable", req, false, true, 6, 6},
}

// broadband are the access line AVPs of RFC 5515 section 5, vendor 3561.
var broadband = map[uint16]rule{
	1:   {"Agent-Circuit-Id", req, false, true, 8, 69},
	2:   {"Agent-Remote-Id", req, false, true, 8, 69},
	144: {"Access-Loop-Encapsulation", req, false, true, 9, 9},
	145: {"ANCP Access Line Type", req, false, true, 10, 10},
	254: {"IWF-Session", req, false, true, 10, 10},
}

// ruleOf returns what is known of an AVP. Attributes 129 to 138 of RFC 5515 are
// rates of 64 bits, 139 to 142 are delays of 32.
func ruleOf(vendor, typ uint16) (rule, bool) {
	switch {
	case vendor == 0:
		r, ok := ietf[typ]
		return r, ok
	case vendor != 3561:
		return rule{}, false
	case typ >= 129 && typ <= 138:
		return rule{"line rate", req, false, true, 14, 14}, true
	case typ >= 139 && typ <= 142:
		return rule{"interleaving delay", req, false, true, 10, 10}, true
	}
	r, ok := broadband[typ]
	return r, ok
}

// required are the AVPs that a message of a LAC must have, RFC 2661 section 6.
var required = map[int][]uint16{
	sccrq:   {2, 3, 7, 9},
	scccn:   nil,
	stopccn: {9, 1},
	icrq:    {14, 15},
	iccn:    {24, 19},
	cdn:     {1, 14},
}

// Check compares a LAC's control messages with the table and returns what does
// not agree.
func Check(messages []Message) []string {
	var problems []string
	for _, m := range messages {
		for _, p := range checkMessage(m) {
			problems = append(problems, fmt.Sprintf("frame %d: %s", m.Frame, p))
		}
	}
	return problems
}

func checkMessage(m Message) []string {
	first := m.AVPs[0]
	// Section 4.4.1: the Message Type AVP "MUST be the first AVP in a message".
	if first.Vendor != 0 || first.Type != 0 || len(first.Value) != 2 {
		return []string{"the first AVP is not Message Type"}
	}
	kind := int(first.Value[0])<<8 | int(first.Value[1])
	name, ok := messageNames[kind]
	if !ok {
		return []string{fmt.Sprintf("message type %d is none of a LAC's", kind)}
	}
	var problems []string
	complain := func(format string, args ...any) {
		problems = append(problems, name+": "+fmt.Sprintf(format, args...))
	}
	type key struct{ vendor, typ uint16 }
	seen := make(map[key]bool)
	for _, a := range m.AVPs {
		k := key{a.Vendor, a.Type}
		r, ok := ruleOf(a.Vendor, a.Type)
		if !ok {
			complain("vendor %d AVP %d is not in the table", a.Vendor, a.Type)
			continue
		}
		for _, p := range r.check(a, kind) {
			complain("AVP %d, %s: %s", a.Type, r.name, p)
		}
		if a.Hidden && !seen[key{0, 36}] {
			// Section 4.3: a Random Vector "MUST precede the first AVP with the H bit set".
			complain("AVP %d, %s: hidden, and no Random Vector before it", a.Type, r.name)
		}
		if seen[k] && k != (key{0, 36}) {
			complain("AVP %d, %s: repeated", a.Type, r.name)
		}
		seen[k] = true
	}
	for _, typ := range required[kind] {
		if !seen[key{0, typ}] {
			complain("AVP %d, %s, is missing", typ, ietf[typ].name)
		}
	}
	return problems
}

// check compares one AVP with its rule.
func (r rule) check(a AVP, kind int) []string {
	var problems []string
	complain := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	if a.Mandatory != r.mandatory {
		complain("M bit %v", a.Mandatory)
	}
	if a.Hidden && !r.mayHide {
		complain("must not be hidden")
	}
	if r.in != nil && !slices.Contains(r.in, kind) {
		complain("has no place in this message")
	}
	if a.Length != 6+len(a.Value) {
		complain("length %d with a value of %d octets", a.Length, len(a.Value))
	}
	low, high := r.min, r.max
	if high == 0 {
		high = longest
	}
	if a.Hidden { // section 4.3: two octets of original length, then value and padding
		low, high = low+2, longest
	}
	if a.Length < low || a.Length > high {
		complain("length %d, want %d to %d", a.Length, low, high)
	}
	return problems
}
