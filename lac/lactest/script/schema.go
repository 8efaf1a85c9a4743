package script

import (
	"fmt"
	"slices"
)

// mandatory has the M bit of the AVPs that RFC 2661 wants it on (section 4.4).
var mandatory = map[uint16]bool{
	0: true, 1: true, 2: true, 3: true, 4: true, 7: true, 9: true, 10: true, 11: true, 12: true, 13: true, 14: true,
	15: true, 16: true, 17: true, 18: true, 19: true, 21: true, 22: true, 23: true, 24: true, 34: true, 35: true,
	36: true, 39: true,
}

// plain are the AVPs that must not be hidden.
var plain = []uint16{0, 1, 2, 5, 7, 10, 12, 36, 39}

// fixed has the value lengths of AVPs that have one.
var fixed = map[uint16]int{
	0: 2, 2: 2, 3: 4, 4: 4, 5: 8, 6: 2, 9: 2, 10: 2, 13: 16, 14: 2, 15: 4, 16: 4, 17: 4, 18: 4, 19: 4, 24: 4, 25: 4,
	29: 2, 32: 2, 34: 26, 35: 10, 38: 4, 39: 0,
}

// schema says which AVPs a message must and may have (RFC 2661 section 6),
// apart from Message Type and Random Vector.
var schema = map[uint16]struct{ must, may []uint16 }{
	SCCRQ:   {[]uint16{2, 3, 7, 9}, []uint16{4, 5, 6, 8, 10, 11}},
	SCCRP:   {[]uint16{2, 3, 7, 9}, []uint16{4, 6, 8, 10, 11, 13}},
	SCCCN:   {nil, []uint16{13}},
	StopCCN: {[]uint16{1, 9}, nil},
	HELLO:   {},
	ICRQ:    {[]uint16{14, 15}, []uint16{18, 21, 22, 23, 25}},
	ICRP:    {[]uint16{14}, nil},
	ICCN:    {[]uint16{19, 24}, []uint16{26, 27, 28, 29, 30, 31, 32, 33, 37, 38, 39}},
	CDN:     {[]uint16{1, 14}, []uint16{12, 46}},
	WEN:     {[]uint16{34}, nil},
}

// check holds the message against the tables above.
func (m *Message) check() error {
	if m.Type == ZLB {
		return nil
	}
	s, known := schema[m.Type]
	if !known {
		return fmt.Errorf("a LAC has no business to send %s", name(m.Type))
	}
	for _, t := range s.must {
		if !m.Has(t) {
			return fmt.Errorf("%s without AVP %d", name(m.Type), t)
		}
	}
	seen := map[uint16]bool{}
	hiding := false
	for _, a := range m.AVPs {
		switch {
		case a.Reserved != 0:
			return fmt.Errorf("%s: reserved bits of %v are set", name(m.Type), a)
		case a.H && !hiding:
			return fmt.Errorf("%s: hidden %v before any Random Vector", name(m.Type), a)
		case a.Vendor != 0:
			if a.M {
				return fmt.Errorf("%s: M bit on %v of a vendor", name(m.Type), a)
			}
			continue
		case a.Type == 36:
			hiding = true
		case seen[a.Type] && a.Type != 46:
			return fmt.Errorf("%s: AVP %d twice", name(m.Type), a.Type)
		case a.Type != 0 && !slices.Contains(s.must, a.Type) && !slices.Contains(s.may, a.Type):
			return fmt.Errorf("%s: AVP %d does not belong there", name(m.Type), a.Type)
		}
		if err := a.check(); err != nil {
			return fmt.Errorf("%s: %w", name(m.Type), err)
		}
		seen[a.Type] = true
	}
	return nil
}

func (a AVP) check() error {
	n, isFixed := fixed[a.Type]
	switch {
	case a.M != mandatory[a.Type]:
		return fmt.Errorf("the M bit of %v is %v", a, a.M)
	case a.H && slices.Contains(plain, a.Type):
		return fmt.Errorf("%v must not be hidden", a)
	case !a.H && isFixed && len(a.Value) != n:
		return fmt.Errorf("%v has %d octets, want %d", a, len(a.Value), n)
	case a.Type == 36 && len(a.Value) < 16:
		return fmt.Errorf("a Random Vector of %d octets", len(a.Value))
	}
	return nil
}
