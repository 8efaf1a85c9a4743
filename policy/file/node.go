package file

import "time"

func node(b *block) Node {
	def := ""
	if !b.has("name") {
		var err error
		if def, err = b.d.sys.hostname(); err != nil || def == "" {
			b.d.refuse(b.at("name"), `write node { name = "..." }`, "the node has no name, and neither has the host")
		}
	}
	n := Node{
		Name:        b.text("name", def),
		AdminSocket: b.absolute("admin_socket", "/run/lacd/admin.sock"),
		StateDir:    b.absolute("state_dir", "/var/lib/lacd"),
		Metrics:     b.addrPort("metrics", 0),
		LogFormat:   b.word("log_format", "text", "text", "json"),
		LogLevel:    b.word("log_level", "info", "debug", "info", "warn", "error"),

		MaxHalfOpen:  int(b.number("max_half_open", 8192, 64, 1_000_000)),
		MaxRADIUS:    int(b.number("max_radius_waiting", 4096, 16, 1_000_000)),
		MaxCallDelay: b.duration("max_call_delay", 0, 100*time.Millisecond, time.Minute),
		MaxBacklog:   int(b.number("max_backlog", 4096, 64, 1_000_000)),
		MaxRecords:   int(b.number("max_accounting_records", 100_000, 100, 1_000_000)),
	}
	b.done()
	return n
}

func core(b *block) Core {
	c := Core{}
	for _, w := range b.list("local") {
		if a := b.localAddr("local", w.line, w.text); a.IsValid() {
			c.Local = append(c.Local, a)
		}
	}
	for _, w := range b.list("interfaces") {
		if !deviceName(w.text) {
			b.d.refuse(w.line, "", "%q cannot be the name of a network device", w.text)
		}
		c.Interfaces = append(c.Interfaces, w.text)
	}
	c.MTU = int(b.number("mtu", ethernetMTU, leastMTU, mostMTU))
	c.Dataplane = b.word("dataplane", "auto", "auto", "xdp", "xdp-native", "pppbridge", "none")
	if c.Dataplane == "pppbridge" || c.Dataplane == "none" {
		b.idle("interfaces", "dataplane is %q, which does not look at them", c.Dataplane)
	}
	b.done()
	return c
}
