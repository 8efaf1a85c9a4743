package file

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// What a PPP frame's information field gains on its way to the LNS, in octets:
// two of the PPP protocol field, FF 03, the L2TP header without options, UDP
// and IP.
const (
	overheadIPv4 = 2 + 2 + 6 + 8 + 20
	overheadIPv6 = 2 + 2 + 6 + 8 + 40
	numbered     = 4 // Ns and Nr, where sequencing is on
)

// What PPPoE takes of the access device's MTU (RFC 2516 section 7).
const overheadPPPoE = 8

// Bounds and defaults, octets.
const (
	leastMTU      = 1280 // what IPv6 needs
	mostMTU       = 65535
	ethernetMTU   = 1500
	standardMRU   = 1492
	leastMRU      = 576
	largestMRU    = 1500
	automaticMRU  = 0 // mru = "auto", until it is known
	namesInAGroup = 5
)

// way is how full-size packets reach some LNSes.
type way struct {
	mtu      int
	overhead int
	override string // retailer whose mtu it is; empty: that of core
}

// passengers are the LNSes of one way.
type passengers struct {
	way
	line  int
	names []string // "lns1 of acme"
}

// mtu settles mru = "auto" and warns where full-size packets are fragmented
// between this node and an LNS, or do not get through the access device.
func (c *checker) mtu() {
	groups := c.ways()
	p := &c.file.PPP
	if p.MRU == automaticMRU {
		p.MRU = largestMRU
		for _, g := range groups {
			p.MRU = uint16(max(leastMRU, min(int(p.MRU), g.mtu-g.overhead)))
		}
	}
	mru := c.largestMRU()
	for _, g := range groups {
		if mru+g.overhead > g.mtu {
			c.fragmented(g, mru)
		}
	}
}

// largestMRU returns the largest MRU any subscriber can get, and warns about
// access devices that do not carry the configured one.
func (c *checker) largestMRU() int {
	mru, largest := int(c.file.PPP.MRU), 0
	for i, a := range c.file.Access {
		mtu := c.d.sys.mtu(a.Port)
		room := cmp.Or(mtu, ethernetMTU) - overheadPPPoE
		switch {
		case mtu == 0:
		case room < min(mru, standardMRU):
			c.d.warn(c.ports[i].line, fmt.Sprintf("ip link set %s mtu %d, or lower mru in ppp to %d", a.Port, mru+overheadPPPoE, room),
				"%s has MTU %d: frames of MRU %d do not fit", a.Port, mtu, mru)
		case room < mru:
			c.d.warn(c.ports[i].line, fmt.Sprintf("ip link set %s mtu %d, or lower mru in ppp to %d", a.Port, mru+overheadPPPoE, max(room, standardMRU)),
				"%s has MTU %d: its subscribers get MRU %d instead of %d", a.Port, mtu, max(room, standardMRU), mru)
		}
		// More than 1492 takes a port with room for it (RFC 4638).
		largest = max(largest, min(mru, max(room, standardMRU)))
	}
	return largest
}

// ways groups the LNSes by the room on the way to them.
func (c *checker) ways() []passengers {
	var groups []passengers
	for _, r := range c.retailers {
		add := func(overhead, line int, name string) {
			w := way{c.file.Core.MTU, overhead, ""}
			if r.mtu != 0 {
				w.mtu, w.override, line = r.mtu, r.Name, r.b.at("mtu")
			} else if c.core.has("mtu") {
				line = c.core.at("mtu")
			}
			i := slices.IndexFunc(groups, func(g passengers) bool { return g.way == w })
			if i < 0 {
				groups = append(groups, passengers{way: w, line: line})
				i = len(groups) - 1
			}
			groups[i].names = append(groups[i].names, name)
		}
		for i, l := range r.LNS {
			overhead := overheadIPv4
			if l.Peer.Addr().Is6() {
				overhead = overheadIPv6
			}
			if l.Sequencing {
				overhead += numbered
			}
			add(overhead, r.lns[i].line, l.Name+" of "+r.Name)
		}
		if len(r.LNS) == 0 && r.AsksRADIUS() {
			add(overheadIPv4, r.b.line, "the LNSes that RADIUS names for "+r.Name)
		}
	}
	return groups
}

func (c *checker) fragmented(g passengers, mru int) {
	names := strings.Join(g.names[:min(len(g.names), namesInAGroup)], ", ")
	if more := len(g.names) - namesInAGroup; more > 0 {
		names += " and " + strconv.Itoa(more) + " more"
	}
	where, whose := "core mtu", "mtu in core"
	if g.override != "" {
		where, whose = "mtu of "+g.override, "mtu of retailer "+g.override
	}
	c.d.warn(g.line, fmt.Sprintf(`raise %s to %d if the network carries that, or lower mru in ppp to %d or "auto"`,
		whose, mru+g.overhead, g.mtu-g.overhead),
		"MRU %d + %d = %d > %s %d: full-size packets to %s are fragmented", mru, g.overhead, mru+g.overhead, where, g.mtu, names)
}

// mru reads a number or "auto".
func (b *block) mru(key string) uint16 {
	v, ok := b.value(key)
	switch {
	case !ok:
		return standardMRU
	case v.Type() == cty.String && v.AsString() == "auto":
		return automaticMRU
	case v.Type() == cty.String:
		b.refuse(key, `write a number without quotes, or "auto"`, "%q is not a number", v.AsString())
		return standardMRU
	}
	// RFC 1661 section 6.1 lets any MRU be asked for; below 576 the
	// retailer's IP would suffer, above 1500 no PPPoE peer can follow.
	return uint16(b.number(key, standardMRU, leastMRU, largestMRU))
}
