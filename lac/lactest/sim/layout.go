package sim

import (
	"strconv"
	"strings"

	"lacd/pppoe/wire"
)

// Range is of VLAN IDs, both ends included. The zero value is "no tag".
type Range struct{ First, Last uint16 }

func (r Range) size() uint32 { return uint32(r.Last-r.First) + 1 }

// Layout says who and where the clients are. In texts, %d stands for the
// client's number.
type Layout struct {
	First uint32   // number of the first client
	MAC   wire.MAC // of number 0; the others follow
	MACs  uint32   // how many addresses are shared by all; 0: each has its own

	// Outer VLAN IDs are dealt in turn, inner ones when those have been dealt.
	TPID         uint16 // of the outer tag; 0: 8100
	Outer, Inner Range

	Circuit, Remote string   // agent circuit and remote ID; empty: not told
	Users           []string // dealt in turn
}

// mac returns the address of client n.
func (l *Layout) mac(n uint32) wire.MAC {
	if l.MACs > 0 {
		n %= l.MACs
	}
	m := l.MAC
	for i := len(m) - 1; n > 0 && i >= 0; i-- {
		n += uint32(m[i])
		m[i] = byte(n)
		n >>= 8
	}
	return m
}

// vlans returns the tags of client n.
func (l *Layout) vlans(n uint32) (v wire.VLANs) {
	if l.Outer == (Range{}) {
		return v
	}
	tpid := l.TPID
	if tpid == 0 {
		tpid = wire.CTag
	}
	v[0] = wire.VLAN{TPID: tpid, ID: l.Outer.First + uint16(n%l.Outer.size())}
	if l.Inner != (Range{}) {
		v[1] = wire.VLAN{TPID: wire.CTag, ID: l.Inner.First + uint16(n/l.Outer.size()%l.Inner.size())}
	}
	return v
}

// line returns what the access node says about client n's line; ok is false if
// it says nothing.
func (l *Layout) line(n uint32) (line wire.Line, ok bool) {
	line.CircuitID, line.RemoteID = numbered(l.Circuit, n), numbered(l.Remote, n)
	return line, line.CircuitID != "" || line.RemoteID != ""
}

// user returns the name of client n.
func (l *Layout) user(n uint32) string {
	if len(l.Users) == 0 {
		return ""
	}
	return numbered(l.Users[n%uint32(len(l.Users))], n)
}

func numbered(text string, n uint32) string {
	if !strings.Contains(text, "%d") {
		return text
	}
	return strings.ReplaceAll(text, "%d", strconv.FormatUint(uint64(n), 10))
}
