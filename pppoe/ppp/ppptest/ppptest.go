// Package ppptest writes PPP frames in the words of ppp.Describe, for the
// transcripts of tests.
package ppptest

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"lacd/pppoe/ppp"
)

// Frame returns the frame, from its protocol field on, that the words describe:
//
//	LCP Configure-Request id=1 mru=1492 auth=CHAP-MD5 magic=0x0a0b0c0d opt42=0x01
//	LCP Terminate-Request id=2 text="bye"
//	LCP Echo-Request id=3 magic=0x0a0b0c0d data=0x0102
//	LCP Protocol-Reject id=4 protocol=0x8031 data=0x01
//	PAP Authenticate-Request id=1 name="joe" password="secret"
//	CHAP Response id=1 value=0x00112233445566778899aabbccddeeff name="joe"
//	raw 0x80210101000a
//
// The fields are packed in the order in which they are written. Everything that
// ppp.Describe prints can be read, save what it leaves out or cuts off.
func Frame(words string) ([]byte, error) {
	f, err := split(words)
	if err != nil {
		return nil, err
	}
	if len(f) == 2 && f[0] == "raw" {
		return parseHex(f[1])
	}
	if len(f) < 3 {
		return nil, fmt.Errorf("frame %q: want protocol, code, id=n", words)
	}
	proto, ok := protocols[f[0]]
	if !ok {
		return nil, fmt.Errorf("unknown protocol %q", f[0])
	}
	code, err := parseCode(proto, f[1])
	if err != nil {
		return nil, err
	}
	id, ok := strings.CutPrefix(f[2], "id=")
	n, err := strconv.ParseUint(id, 10, 8)
	if !ok || err != nil {
		return nil, fmt.Errorf("bad identifier %q", f[2])
	}
	p := ppp.Packet{Protocol: proto, Code: code, ID: uint8(n)}
	for _, field := range f[3:] {
		if p.Data, err = appendField(p.Data, p, field); err != nil {
			return nil, fmt.Errorf("field %q: %w", field, err)
		}
	}
	if proto == ppp.PAP && code != ppp.AuthenticateRequest && p.Data == nil {
		p.Data = []byte{0} // an empty Message
	}
	return p.AppendTo(nil), nil
}

// split cuts words at blanks outside quotes.
func split(words string) ([]string, error) {
	var f []string
	for words = strings.TrimSpace(words); words != ""; words = strings.TrimLeft(words, " ") {
		n := strings.IndexAny(words, " \"")
		if n >= 0 && words[n] == '"' {
			q, err := strconv.QuotedPrefix(words[n:])
			if err != nil {
				return nil, fmt.Errorf("quotes in %q: %w", words, err)
			}
			n += len(q)
		}
		if n < 0 {
			n = len(words)
		}
		f, words = append(f, words[:n]), words[n:]
	}
	return f, nil
}

var protocols = map[string]ppp.Protocol{"LCP": ppp.LCP, "PAP": ppp.PAP, "CHAP": ppp.CHAP}

var codes = map[ppp.Protocol]map[string]ppp.Code{
	ppp.LCP: {
		"Configure-Request": ppp.ConfigureRequest, "Configure-Ack": ppp.ConfigureAck,
		"Configure-Nak": ppp.ConfigureNak, "Configure-Reject": ppp.ConfigureReject,
		"Terminate-Request": ppp.TerminateRequest, "Terminate-Ack": ppp.TerminateAck,
		"Code-Reject": ppp.CodeReject, "Protocol-Reject": ppp.ProtocolReject,
		"Echo-Request": ppp.EchoRequest, "Echo-Reply": ppp.EchoReply,
		"Discard-Request": ppp.DiscardRequest, "Identification": ppp.Identification,
		"Time-Remaining": ppp.TimeRemaining,
	},
	ppp.PAP: {
		"Authenticate-Request": ppp.AuthenticateRequest,
		"Authenticate-Ack":     ppp.AuthenticateAck, "Authenticate-Nak": ppp.AuthenticateNak,
	},
	ppp.CHAP: {
		"Challenge": ppp.Challenge, "Response": ppp.Response,
		"Success": ppp.Success, "Failure": ppp.Failure,
	},
}

func parseCode(p ppp.Protocol, word string) (ppp.Code, error) {
	if c, ok := codes[p][word]; ok {
		return c, nil
	}
	number, ok := strings.CutPrefix(word, "code-")
	n, err := strconv.ParseUint(number, 10, 8)
	if !ok || err != nil {
		return 0, fmt.Errorf("unknown code %q of %v", word, p)
	}
	return ppp.Code(n), nil
}

func parseHex(s string) ([]byte, error) {
	digits, ok := strings.CutPrefix(s, "0x")
	if !ok {
		return nil, fmt.Errorf("%q is not hexadecimal", s)
	}
	return hex.DecodeString(digits)
}

// appendField appends one field of p.
func appendField(b []byte, p ppp.Packet, field string) ([]byte, error) {
	word, value, _ := strings.Cut(field, "=")
	if p.Protocol == ppp.LCP && p.Code >= ppp.ConfigureRequest && p.Code <= ppp.ConfigureReject {
		return appendOption(b, word, value)
	}
	var v []byte
	var err error
	switch {
	case strings.HasPrefix(value, `"`):
		var s string
		s, err = strconv.Unquote(value)
		v = []byte(s)
	case word == "protocol" && protocols[value] != 0:
		v = []byte{byte(protocols[value] >> 8), byte(protocols[value])}
	default:
		v, err = parseHex(value)
	}
	if err != nil {
		return nil, err
	}
	if counted(p, word) {
		if len(v) > 255 {
			return nil, fmt.Errorf("%d octets do not fit", len(v))
		}
		b = append(b, byte(len(v)))
	}
	return append(b, v...), nil
}

// counted reports whether the field is preceded by its length.
func counted(p ppp.Packet, word string) bool {
	switch word {
	case "value", "password":
		return true
	case "name", "text":
		return p.Protocol == ppp.PAP
	}
	return false
}

var options = map[string]ppp.OptionType{
	"mru": ppp.OptMRU, "accm": ppp.OptACCM, "magic": ppp.OptMagic,
	"pfc": ppp.OptPFC, "acfc": ppp.OptACFC, "fcs": ppp.OptFCS,
	"quality": ppp.OptQuality, "callback": ppp.OptCallback,
	"mrru": ppp.OptMRRU, "ssnhf": ppp.OptShortSeq, "endpoint": ppp.OptEndpoint,
}

var auths = map[string]string{
	"PAP": "\xc0\x23", "CHAP-MD5": "\xc2\x23\x05", "MS-CHAP": "\xc2\x23\x80",
	"MS-CHAPv2": "\xc2\x23\x81", "EAP": "\xc2\x27",
}

// appendOption appends an LCP option.
func appendOption(b []byte, word, value string) ([]byte, error) {
	if word == "auth" && auths[value] != "" {
		return ppp.Option{Type: ppp.OptAuth, Value: []byte(auths[value])}.AppendTo(b), nil
	}
	t, ok := options[word]
	if !ok {
		number, ok := strings.CutPrefix(word, "opt")
		n, err := strconv.ParseUint(number, 10, 8)
		if !ok || err != nil {
			return nil, fmt.Errorf("unknown option")
		}
		t = ppp.OptionType(n)
	}
	var v []byte
	switch {
	case value == "":
	case word == "mru" || word == "mrru":
		n, err := strconv.ParseUint(value, 10, 16)
		if err != nil {
			return nil, err
		}
		v = []byte{byte(n >> 8), byte(n)}
	default:
		var err error
		if v, err = parseHex(value); err != nil {
			return nil, err
		}
	}
	if len(v) > 253 {
		return nil, fmt.Errorf("%d octets do not fit", len(v))
	}
	return ppp.Option{Type: t, Value: v}.AppendTo(b), nil
}
