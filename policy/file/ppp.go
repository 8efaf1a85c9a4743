package file

import "time"

func ppp(b *block) PPP {
	p := PPP{
		// RFC 1661 section 6.1 lets any MRU be asked for; below 576 the
		// retailer's IP would suffer, above 1500 no PPPoE peer can follow.
		MRU:          uint16(b.number("mru", 1492, 576, 1500)),
		Auth:         auth(b),
		Multilink:    b.flag("multilink", false),
		RestartTimer: b.duration("restart_timer", 3*time.Second, 500*time.Millisecond, 30*time.Second),
		AuthTimeout:  b.duration("auth_timeout", 30*time.Second, time.Second, 5*time.Minute),
		EchoInterval: b.duration("echo_interval", 10*time.Second, 0, time.Hour),
		EchoFailures: int(b.number("echo_failures", 3, 1, 255)),
	}
	if p.EchoInterval == 0 {
		b.idle("echo_failures", `echo_interval is "0s"`)
	} else if p.EchoInterval < time.Second {
		b.refuse("echo_interval", "", `must be "0s" or at least 1s`)
	}
	b.done()
	return p
}

func auth(b *block) []string {
	words := b.list("auth")
	if !b.has("auth") {
		return []string{"chap", "pap"}
	}
	known := []string{"chap", "pap"}
	for _, w := range words {
		if w.text != "chap" && w.text != "pap" {
			b.d.refuse(w.line, suggest(w.text, known), "auth: %q is not one of %s", w.text, quoteAll(known))
		}
	}
	return texts(words)
}
