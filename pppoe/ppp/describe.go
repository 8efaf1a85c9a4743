package ppp

import (
	"encoding/hex"
	"strconv"
)

// Describe returns one line about a frame, from its protocol field on, for
// transcripts and debugging. PAP passwords and CHAP response values do not
// appear in it, and texts of the peer are quoted.
func Describe(frame []byte) string {
	b := make([]byte, 0, 128)
	if len(frame) < 2 {
		return "malformed " + hex.EncodeToString(frame)
	}
	proto := Protocol(be.Uint16(frame))
	b = append(b, proto.String()...)
	switch proto {
	case LCP, PAP, CHAP:
	default:
		b = append(b, ' ')
		b = strconv.AppendInt(b, int64(len(frame)-2), 10)
		return string(append(b, " octets"...))
	}
	p, err := ParsePacket(frame)
	if err != nil {
		b = append(b, " malformed "...)
		return string(hex.AppendEncode(b, frame[2:min(len(frame), headerLen)]))
	}
	b = append(b, ' ')
	b = append(b, p.codeName()...)
	b = append(b, " id="...)
	b = strconv.AppendUint(b, uint64(p.ID), 10)
	switch proto {
	case PAP:
		b = describePAP(b, p)
	case CHAP:
		b = describeCHAP(b, p)
	default:
		b = describeLCP(b, p)
	}
	return string(b)
}

var (
	lcpCodes = [...]string{
		ConfigureRequest: "Configure-Request", ConfigureAck: "Configure-Ack",
		ConfigureNak: "Configure-Nak", ConfigureReject: "Configure-Reject",
		TerminateRequest: "Terminate-Request", TerminateAck: "Terminate-Ack",
		CodeReject: "Code-Reject", ProtocolReject: "Protocol-Reject",
		EchoRequest: "Echo-Request", EchoReply: "Echo-Reply",
		DiscardRequest: "Discard-Request", Identification: "Identification",
		TimeRemaining: "Time-Remaining",
	}
	papCodes = [...]string{
		AuthenticateRequest: "Authenticate-Request",
		AuthenticateAck:     "Authenticate-Ack", AuthenticateNak: "Authenticate-Nak",
	}
	chapCodes = [...]string{
		Challenge: "Challenge", Response: "Response", Success: "Success", Failure: "Failure",
	}
)

// codeName returns the name of the packet's code in its protocol.
func (p Packet) codeName() string {
	names := lcpCodes[:]
	switch p.Protocol {
	case PAP:
		names = papCodes[:]
	case CHAP:
		names = chapCodes[:]
	default:
	}
	if int(p.Code) < len(names) && names[p.Code] != "" {
		return names[p.Code]
	}
	return "code-" + strconv.Itoa(int(p.Code))
}

func describeLCP(b []byte, p Packet) []byte {
	switch p.Code {
	case ConfigureRequest, ConfigureAck, ConfigureNak, ConfigureReject:
		for o, err := range Options(p.Data) {
			if err != nil {
				return append(b, " malformed"...)
			}
			b = describeOption(append(b, ' '), o)
		}
		return b
	case TerminateRequest, TerminateAck:
		return describeText(b, p.Data)
	case CodeReject:
		return describeHex(b, "packet", p.Data)
	case ProtocolReject:
		if len(p.Data) >= 2 {
			b = append(b, " protocol="...)
			b = append(b, Protocol(be.Uint16(p.Data)).String()...)
			return describeHex(b, "data", p.Data[2:])
		}
	case EchoRequest, EchoReply, DiscardRequest:
		if len(p.Data) >= 4 {
			b = describeHex(b, "magic", p.Data[:4])
			return describeHex(b, "data", p.Data[4:])
		}
	case Identification:
		if len(p.Data) >= 4 {
			b = describeHex(b, "magic", p.Data[:4])
			return describeText(b, p.Data[4:])
		}
	default:
	}
	return describeHex(b, "data", p.Data)
}

func describePAP(b []byte, p Packet) []byte {
	switch p.Code {
	case AuthenticateRequest:
		r, err := ParsePAPRequest(p.Data)
		if err != nil {
			return append(b, " malformed"...)
		}
		b = append(b, " name="...)
		return strconv.AppendQuote(b, string(r.Name))
	case AuthenticateAck, AuthenticateNak:
		// RFC 1334 section 2.2.2 has a Msg-Length; some peers leave it out.
		text, _, ok := cutCounted(p.Data)
		if !ok && len(p.Data) > 0 {
			return append(b, " malformed"...)
		}
		return describeText(b, text)
	default:
		return describeHex(b, "data", p.Data)
	}
}

func describeCHAP(b []byte, p Packet) []byte {
	switch p.Code {
	case Challenge, Response:
		v, err := ParseCHAPValue(p.Data)
		if err != nil {
			return append(b, " malformed"...)
		}
		if p.Code == Challenge {
			b = describeHex(b, "value", v.Value)
		}
		b = append(b, " name="...)
		return strconv.AppendQuote(b, string(v.Name))
	case Success, Failure:
		return describeText(b, p.Data)
	default:
		return describeHex(b, "data", p.Data)
	}
}

// describeText appends a text of the peer, if there is one.
func describeText(b []byte, text []byte) []byte {
	if len(text) == 0 {
		return b
	}
	return strconv.AppendQuote(append(b, " text="...), string(text))
}

// maxHex is how much of uninterpreted data is shown.
const maxHex = 32

// describeHex appends octets, if there are any.
func describeHex(b []byte, word string, v []byte) []byte {
	if len(v) == 0 {
		return b
	}
	b = append(append(append(b, ' '), word...), "=0x"...)
	b = hex.AppendEncode(b, v[:min(len(v), maxHex)])
	if len(v) > maxHex {
		b = append(b, "..."...)
	}
	return b
}

// optionWords are the options shown by name, with the length of their value;
// -1 stands for any.
var optionWords = map[OptionType]struct {
	word string
	n    int
}{
	OptMRU: {"mru", 2}, OptACCM: {"accm", 4}, OptMagic: {"magic", 4},
	OptPFC: {"pfc", 0}, OptACFC: {"acfc", 0}, OptFCS: {"fcs", 1},
	OptQuality: {"quality", -1}, OptCallback: {"callback", -1},
	OptMRRU: {"mrru", 2}, OptShortSeq: {"ssnhf", 0}, OptEndpoint: {"endpoint", -1},
}

// describeOption appends an option: its name, or opt and its number, and its
// value in decimal for sizes and in hexadecimal for the rest.
func describeOption(b []byte, o Option) []byte {
	if o.Type == OptAuth {
		if s := authName(o.Value); s != "" {
			return append(append(b, "auth="...), s...)
		}
	}
	w, ok := optionWords[o.Type]
	if !ok || w.n >= 0 && w.n != len(o.Value) {
		b = strconv.AppendUint(append(b, "opt"...), uint64(o.Type), 10)
	} else {
		b = append(b, w.word...)
		if w.n == 2 {
			return strconv.AppendUint(append(b, '='), uint64(be.Uint16(o.Value)), 10)
		}
	}
	if len(o.Value) == 0 {
		return b
	}
	return hex.AppendEncode(append(b, "=0x"...), o.Value)
}

// authName names an Authentication-Protocol; "" if it has no name.
func authName(v []byte) string {
	switch string(v) {
	case "\xc0\x23":
		return "PAP"
	case "\xc2\x23\x05":
		return "CHAP-MD5"
	case "\xc2\x23\x80":
		return "MS-CHAP"
	case "\xc2\x23\x81":
		return "MS-CHAPv2"
	case "\xc2\x27":
		return "EAP"
	}
	return ""
}
