package script

import (
	"cmp"
	"fmt"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"

	"lacd/radius/radiustest"
)

// Config is what a case wants to be different. The zero value is a gateway
// without RADIUS and with one LNS: retailer acme with the realm acme.example,
// no LCP echo, MTU 1500 and no secret.
//
// Texts are lines of the configuration file, for the block they are named
// after; a key given there takes the place of the default.
type Config struct {
	Node   string
	Access string // access "acc0"
	Core   string // without it, dataplane = "none"
	PPP    string
	L2TP   string
	// LNS has an element for each, lns1 at 192.0.2.11, lns2 at .12 and so on,
	// up to five, of descending preference. None: one.
	LNS      []LNSConfig
	Retailer string // retailer "acme"
	Extra    string // further blocks

	// RADIUS authorizes the subscribers and takes their accounting, at
	// 127.0.0.1 beside the gateway. Nil: the realm decides, nothing is accounted.
	RADIUS *radiustest.Server
	// Servers has an element for each scripted RADIUS server, r1 at 192.0.2.21, r2
	// at .22 and so on, up to five, preferred first. It takes the place of RADIUS.
	Servers []ServerConfig

	MTU   int    // of the access port; 0: 1500
	Hosts string // the gateway's hosts(5); empty: that of the system
}

// LNSConfig is one LNS.
type LNSConfig struct {
	Secret string
	Lines  string // of its block
}

// ServerConfig is one RADIUS server.
type ServerConfig struct {
	Secret string // RADIUSSecret if empty
	Lines  string // of its block
}

// Addresses of the core. The LNSes follow firstLNS, RADIUS servers firstServer.
var (
	gatewayAddr  = netip.MustParseAddr("192.0.2.1")
	firstLNS     = netip.MustParseAddr("192.0.2.11")
	firstServer  = netip.MustParseAddr("192.0.2.21")
	strangerAddr = netip.MustParseAddr("192.0.2.66")
	gateway6Addr = netip.MustParseAddr("2001:db8:1::1")
	lns6Addr     = netip.MustParseAddr("2001:db8:1::11")
)

// RADIUSSecret is the secret that Config.RADIUS must have, and that of scripted
// servers without another.
const RADIUSSecret = "0123456789abcdef"

// metricsAddr is where the gateway serves its metrics, in its own namespace.
const metricsAddr = "127.0.0.1:9101"

const (
	accessPort = "acc0"
	corePort   = "core0"
)

// text returns the configuration file.
func (c *Config) text(socket string, lns []*LNS, radius netip.AddrPort) string {
	var b strings.Builder
	block(&b, "node", c.Node, fmt.Sprintf("name = \"lac.test\"\nadmin_socket = %q\nstate_dir = %q\nlog_format = \"json\"\nlog_level = \"debug\"\nmetrics = %q", socket, filepath.Join(filepath.Dir(socket), "state"), metricsAddr))
	block(&b, fmt.Sprintf("access %q", accessPort), c.Access, "")
	block(&b, "core", c.Core, `dataplane = "none"`)
	block(&b, "ppp", c.PPP, `echo_interval = "0s"`)
	block(&b, "l2tp", c.L2TP, "")
	retailer := `realms = ["acme.example"]`
	if c.RADIUS != nil {
		block(&b, `radius "r1"`, "", fmt.Sprintf("auth = %q\nacct = %q\nsecret = %q", radius, radius, RADIUSSecret))
		retailer += "\nradius = [\"r1\"]"
	}
	retailer += c.servers(&b)
	fmt.Fprintf(&b, "retailer \"acme\" {\n%s", merge(c.Retailer, retailer))
	for i, l := range lns {
		lines := fmt.Sprintf("address = %q\npreference = %d", l.Addr, 10*(i+1))
		if l.Secret != "" {
			lines += fmt.Sprintf("\nsecret = %q", l.Secret)
		}
		block(&b, fmt.Sprintf("lns %q", fmt.Sprintf("lns%d", i+1)), c.LNS[i].Lines, lines)
	}
	b.WriteString("}\n" + c.Extra + "\n")
	return b.String()
}

// servers writes the blocks of the scripted RADIUS servers, and returns the line
// that names them all.
func (c *Config) servers(b *strings.Builder) string {
	var names []string
	addr := firstServer
	for i, s := range c.Servers {
		name := strconv.Quote(fmt.Sprintf("r%d", i+1))
		secret := cmp.Or(s.Secret, RADIUSSecret)
		block(b, "radius "+name, s.Lines, fmt.Sprintf("auth = %q\nacct = %q\nsecret = %q", addr, addr, secret))
		names, addr = append(names, name), addr.Next()
	}
	if names == nil {
		return ""
	}
	return "\nradius = [" + strings.Join(names, ", ") + "]"
}

func block(b *strings.Builder, head, own, defaults string) {
	fmt.Fprintf(b, "%s {\n%s}\n", head, merge(own, defaults))
}

// merge returns the case's own lines, and the defaults for keys not in them.
func merge(own, defaults string) string {
	var b strings.Builder
	keys := map[string]bool{}
	for line := range strings.SplitSeq(own, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			keys[key(line)] = true
			b.WriteString(line + "\n")
		}
	}
	for line := range strings.SplitSeq(defaults, "\n") {
		if line != "" && !keys[key(line)] {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

func key(line string) string {
	k, _, _ := strings.Cut(line, "=")
	return strings.TrimSpace(k)
}
