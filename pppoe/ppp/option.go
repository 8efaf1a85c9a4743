package ppp

import "iter"

// OptionType is the type of an LCP configuration option (RFC 1661 section 6).
type OptionType uint8

// LCP configuration options with a meaning here.
const (
	OptMRU       OptionType = 1  // Maximum-Receive-Unit, 2 octets (RFC 1661 section 6.1)
	OptACCM      OptionType = 2  // Async-Control-Character-Map, 4 octets (RFC 1662 section 7.1)
	OptAuth      OptionType = 3  // Authentication-Protocol, 2 octets or more (RFC 1661 section 6.2)
	OptQuality   OptionType = 4  // Quality-Protocol (RFC 1661 section 6.3)
	OptMagic     OptionType = 5  // Magic-Number, 4 octets (RFC 1661 section 6.4)
	OptPFC       OptionType = 7  // Protocol-Field-Compression, empty (RFC 1661 section 6.5)
	OptACFC      OptionType = 8  // Address-and-Control-Field-Compression, empty (RFC 1661 section 6.6)
	OptFCS       OptionType = 9  // FCS-Alternatives, 1 octet (RFC 1570 section 2.1)
	OptCallback  OptionType = 13 // Callback (RFC 1570 section 2.3)
	OptMRRU      OptionType = 17 // Multilink MRRU, 2 octets (RFC 1990 section 5.1.1)
	OptShortSeq  OptionType = 18 // Short sequence numbers, empty (RFC 1990 section 5.1.2)
	OptEndpoint  OptionType = 19 // Endpoint discriminator, class and address (RFC 1990 section 5.1.3)
	optionHeader            = 2
)

// chapMD5 is the CHAP algorithm of RFC 1994 section 3.
const chapMD5 = 5

// Option is an LCP configuration option.
type Option struct {
	Type  OptionType
	Value []byte // at most 253 octets
}

// Options yields the options of b in order. The values alias b. It stops after
// the first error: an option that is shorter than its header or runs past the
// end of b.
func Options(b []byte) iter.Seq2[Option, error] {
	return func(yield func(Option, error) bool) {
		for len(b) > 0 {
			o, n, err := cutOption(b)
			if !yield(o, err) || err != nil {
				return
			}
			b = b[n:]
		}
	}
}

// cutOption returns the option at the start of b and its length on the wire.
func cutOption(b []byte) (Option, int, error) {
	if len(b) < optionHeader {
		return Option{}, 0, ErrShort
	}
	n := int(b[1])
	if n < optionHeader || n > len(b) {
		return Option{}, 0, ErrLength
	}
	return Option{OptionType(b[0]), b[optionHeader:n]}, n, nil
}

// AppendTo appends the option to b.
func (o Option) AppendTo(b []byte) []byte {
	b = append(b, byte(o.Type), byte(optionHeader+len(o.Value)))
	return append(b, o.Value...)
}

// validOptions reports whether b is a sequence of whole options.
func validOptions(b []byte) bool {
	for len(b) > 0 {
		_, n, err := cutOption(b)
		if err != nil {
			return false
		}
		b = b[n:]
	}
	return true
}

// whole yields the options of b up to the first error, of which there is none
// once validOptions has been asked.
func whole(b []byte) iter.Seq[Option] {
	return func(yield func(Option) bool) {
		for o, err := range Options(b) {
			if err != nil || !yield(o) {
				return
			}
		}
	}
}

func appendOption16(b []byte, t OptionType, v uint16) []byte {
	return be.AppendUint16(append(b, byte(t), optionHeader+2), v)
}

func appendOption32(b []byte, t OptionType, v uint32) []byte {
	return be.AppendUint32(append(b, byte(t), optionHeader+4), v)
}

// appendAuthOption appends Authentication-Protocol for PAP or CHAP with MD5.
func appendAuthOption(b []byte, p Protocol) []byte {
	if p != CHAP {
		return appendOption16(b, OptAuth, uint16(p))
	}
	b = be.AppendUint16(append(b, byte(OptAuth), optionHeader+3), uint16(p))
	return append(b, chapMD5)
}

// authProtocol reads the value of Authentication-Protocol. It returns 0 for
// what this package cannot run, CHAP with another algorithm included.
func authProtocol(v []byte) Protocol {
	if len(v) < 2 {
		return 0
	}
	switch p := Protocol(be.Uint16(v)); {
	case p == PAP && len(v) == 2, p == CHAP && len(v) == 3 && v[2] == chapMD5:
		return p
	default:
		return 0
	}
}
