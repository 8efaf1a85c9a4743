package file

import (
	"slices"
	"time"

	"lacd/policy"
)

// portL2TP is where an LNS listens (RFC 2661 section 8.1).
const portL2TP = 1701

// nobody is what no retailer may be called.
const nobody = "none"

// retailerBlock is a retailer with what is needed to check it against the
// other blocks.
type retailerBlock struct {
	policy.Retailer
	b          *block
	realms     []located
	servers    []located
	accounting *bool     // nil: not said
	acct, copy []located // of AcctServers, AcctCopy
	mtu        int       // of the paths to its LNSes; 0: not said
	lns        []*block
	lines      []*block // of Lines
	ask        *bool    // nil: not said
	groups     []*block
}

func retailer(b *block) *retailerBlock {
	r := &retailerBlock{b: b, realms: b.list("realms")}
	if r.Name = b.label; r.Name == nobody {
		b.d.refuse(b.line, "choose another name", "%q is what sessions without a retailer are reported under", nobody)
	}
	for _, w := range r.realms {
		if !isRealm(w.text) {
			b.d.refuse(w.line, "write what follows the @ of the user name, or *. and a domain for all below it", "%q is not a realm", w.text)
		}
		r.Realms = append(r.Realms, policy.Lower(w.text))
	}
	r.Authorize = authorize(b)
	r.servers = b.list("radius")
	r.RADIUS = texts(r.servers)
	if v := b.flag("accounting", false); b.has("accounting") {
		r.accounting = &v
	}
	r.RADIUSDown = policy.Down(slices.Index(policy.DownWords[:], b.word("radius_down", policy.DownWords[0], policy.DownWords[:]...)))
	r.acct, r.copy = b.list("accounting_servers"), b.list("accounting_copy")
	r.AcctServers, r.AcctCopy = texts(r.acct), texts(r.copy)
	r.AcctTunnels = b.flag("tunnel_accounting", false)
	r.InterimInterval = b.duration("interim_interval", 0, policy.MinInterim, 24*time.Hour)
	r.Call = callInfo(b, r.Authorize)
	userName(b, &r.Retailer)
	lineBlocks(b, r)
	r.MaxSessions = uint32(b.number("max_sessions", 0, 1, mostCalls))
	r.MaxSetups = uint32(b.number("max_setups_per_second", 0, 1, mostSetups))
	r.mtu = int(b.number("mtu", 0, leastMTU, mostMTU))
	r.DSCP = b.dscp("dscp", 0)
	r.lns = b.many("lns")
	for _, l := range r.lns {
		r.LNS = append(r.LNS, lns(l, r.DSCP))
	}
	groups(b, r)
	b.done()
	return r
}

func authorize(b *block) policy.Authorize {
	def := "realm"
	if b.has("radius") {
		def = "radius"
	}
	switch b.word("authorize", def, "radius", "realm", "line") {
	case "radius":
		return policy.ByRADIUS
	case "line":
		return policy.ByLine
	}
	return policy.ByRealm
}

func lns(b *block, dscp uint8) policy.LNS {
	l := policy.LNS{
		Name:         b.label,
		Peer:         b.peer("address", portL2TP),
		Secret:       b.secret(),
		Host:         b.text("host_name", ""),
		PeerHost:     b.text("peer_name", ""),
		Assignment:   b.text("assignment", ""),
		Preference:   uint32(b.number("preference", 0, 0, 1<<24-1)), // as wide as Tunnel-Preference
		Weight:       uint32(b.number("weight", 1, 1, 1000)),
		Limits:       limits(b),
		Handling:     handling(b, b.d.handling),
		NoProxyLCP:   !b.flag("proxy_lcp", true),
		NoProxyAuth:  !b.flag("proxy_auth", true),
		NoReplayAuth: !b.flag("replay_auth", true),
		Sequencing:   b.flag("sequencing", false),
		DSCP:         b.dscp("dscp", dscp),
	}
	if l.Sequencing {
		b.idle("replay_auth", "sequencing is on, and what is sent once more has no number")
	}
	if s := b.text("local", ""); s != "" {
		l.Local = b.localAddr("local", b.at("local"), s)
		if l.Local.IsValid() && l.Peer.IsValid() && l.Local.Is4() != l.Peer.Addr().Is4() {
			b.refuse("local", "", "%s and address %s are of different address families", l.Local, l.Peer.Addr())
		}
	}
	if !b.has("address") {
		b.d.refuse(b.line, `add address = "192.0.2.1"`, "lns %q has no address", b.label)
	}
	b.done()
	return l
}

// fallback returns the name of the default retailer, or "" for refusal.
func fallback(b *block) string {
	name, refuse := b.text("retailer", ""), b.flag("refuse", false)
	switch {
	case b.has("retailer") && b.has("refuse"):
		b.refuse("refuse", "keep one of them", "and retailer are both given")
	case b.has("refuse") && !refuse:
		b.refuse("refuse", `write refuse = true, or retailer = "name"`, "= false does not say what else to do")
	case b.line > 0 && !b.has("retailer") && !b.has("refuse"):
		b.d.refuse(b.line, `write refuse = true, or retailer = "name"`, "default says nothing")
	}
	b.done()
	return name
}
