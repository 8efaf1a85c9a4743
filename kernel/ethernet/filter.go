package ethernet

import (
	"encoding/binary"
	"fmt"

	"github.com/mdlayher/ethernet"
	"golang.org/x/net/bpf"
)

// EtherTypes of PPPoE (RFC 2516 section 4), and the tag of QinQ before 802.1ad.
const (
	etherTypeDiscovery ethernet.EtherType = 0x8863
	etherTypeSession   ethernet.EtherType = 0x8864
	etherTypeOldQinQ   ethernet.EtherType = 0x9100
)

// Octets of the parts that the filter and the reader look at.
const (
	macLen      = 6
	headerLen   = 14 // Ethernet header
	tagLen      = 4  // VLAN tag
	maxTags     = 2
	pppoeLen    = 6 // PPPoE header, before the PPP protocol field
	wholePacket = 0x40000
)

// A label is a place in a program; next is the instruction that follows.
type label string

const next label = ""

// program is a BPF program whose jumps go to labels.
type program struct {
	code  []bpf.Instruction
	jumps map[int][2]label // by index into code: where to if true, if false
	at    map[label]int
}

func (p *program) add(code ...bpf.Instruction) { p.code = append(p.code, code...) }

func (p *program) place(l label) { p.at[l] = len(p.code) }

func (p *program) jump(test bpf.JumpTest, val uint32, ifTrue, ifFalse label) {
	p.jumps[len(p.code)] = [2]label{ifTrue, ifFalse}
	p.add(bpf.JumpIf{Cond: test, Val: val})
}

// link turns labels into distances.
func (p *program) link() []bpf.Instruction {
	distance := func(from int, to label) uint8 {
		if to == next {
			return 0
		}
		return uint8(p.at[to] - from - 1)
	}
	for i, to := range p.jumps {
		j := p.code[i].(bpf.JumpIf)
		j.SkipTrue, j.SkipFalse = distance(i, to[0]), distance(i, to[1])
		p.code[i] = j
	}
	return p.code
}

// part is which frames a filter passes.
type part uint8

const (
	everything part = 1 + iota // every PPPoE frame, whatever its destination and PPP protocol
	addressed                  // those described in doc.go that are for the device alone
	broadcasts                 // the others
)

// filter is the program that passes a part. The kernel has removed the outermost
// tag before the program runs, if it knows its type.
func filter(mac [macLen]byte, of part) []bpf.Instruction {
	p := &program{jumps: map[int][2]label{}, at: map[label]int{}}
	p.etherType()
	switch of {
	case everything:
		p.place("discovery")
		p.place("session")
	case addressed:
		p.place("discovery")
		p.add(bpf.LoadAbsolute{Off: 0, Size: 4})
		p.ours(mac, "accept")
		p.session(mac)
	case broadcasts:
		p.broadcasts()
	}
	p.place("accept")
	p.add(bpf.RetConstant{Val: wholePacket})
	p.place("drop")
	p.add(bpf.RetConstant{Val: 0})
	return p.link()
}

// etherType goes to discovery or session with the octets of VLAN tags in X.
func (p *program) etherType() {
	tagged := [maxTags + 1]label{next, "one tag", "two tags"}
	for tags := range uint32(maxTags) {
		p.place(tagged[tags])
		p.add(bpf.LoadConstant{Dst: bpf.RegX, Val: tags * tagLen},
			bpf.LoadAbsolute{Off: 2*macLen + tags*tagLen, Size: 2})
		p.jump(bpf.JumpEqual, uint32(etherTypeDiscovery), "discovery", next)
		p.jump(bpf.JumpEqual, uint32(etherTypeSession), "session", next)
		p.jump(bpf.JumpEqual, uint32(ethernet.EtherTypeVLAN), tagged[tags+1], next)
		p.jump(bpf.JumpEqual, uint32(ethernet.EtherTypeServiceVLAN), tagged[tags+1], next)
		p.jump(bpf.JumpEqual, uint32(etherTypeOldQinQ), tagged[tags+1], "drop")
	}
	p.place(tagged[maxTags])
	p.add(bpf.LoadConstant{Dst: bpf.RegX, Val: maxTags * tagLen},
		bpf.LoadAbsolute{Off: 2*macLen + maxTags*tagLen, Size: 2})
	p.jump(bpf.JumpEqual, uint32(etherTypeDiscovery), "discovery", next)
	p.jump(bpf.JumpEqual, uint32(etherTypeSession), "session", "drop")
}

// broadcasts accepts discovery frames to the broadcast address, as RFC 2516
// section 5.1 wants a PADI.
func (p *program) broadcasts() {
	p.place("discovery")
	p.add(bpf.LoadAbsolute{Off: 0, Size: 4})
	p.jump(bpf.JumpEqual, 0xffffffff, next, "drop")
	p.add(bpf.LoadAbsolute{Off: 4, Size: 2})
	p.jump(bpf.JumpEqual, 0xffff, "accept", "drop")
	p.place("session")
	p.add(bpf.RetConstant{Val: 0})
}

// session accepts control protocols to the device's address.
func (p *program) session(mac [macLen]byte) {
	p.place("session")
	p.add(bpf.LoadAbsolute{Off: 0, Size: 4})
	p.ours(mac, next)
	// RFC 1661 section 2: the first octet of a protocol is even, so an odd one
	// is a compressed protocol field, which only network data has. Control
	// protocols begin at 0x8000.
	p.add(bpf.LoadIndirect{Off: headerLen + pppoeLen, Size: 1})
	p.jump(bpf.JumpBitsSet, 0x80, next, "drop")
	p.jump(bpf.JumpBitsSet, 0x01, "drop", "accept")
}

// ours compares the destination, of which the first four octets are loaded.
func (p *program) ours(mac [macLen]byte, ifOurs label) {
	p.jump(bpf.JumpEqual, binary.BigEndian.Uint32(mac[:4]), next, "drop")
	p.add(bpf.LoadAbsolute{Off: 4, Size: 2})
	p.jump(bpf.JumpEqual, uint32(binary.BigEndian.Uint16(mac[4:])), ifOurs, "drop")
}

func assemble(mac [macLen]byte, of part) ([]bpf.RawInstruction, error) {
	raw, err := bpf.Assemble(filter(mac, of))
	if err != nil {
		return nil, fmt.Errorf("assemble the filter: %w", err)
	}
	return raw, nil
}
