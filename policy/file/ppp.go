package file

import (
	"slices"
	"time"
)

func ppp(b *block) PPP {
	p := PPP{
		MRU:          b.mru("mru"),
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

// authNone leaves authentication to the LNSes.
const authNone = "none"

func auth(b *block) []string {
	words := b.list("auth")
	if !b.has("auth") {
		return []string{"chap", "pap"}
	}
	known := []string{"chap", "pap", authNone}
	for _, w := range words {
		if !slices.Contains(known, w.text) {
			b.d.refuse(w.line, suggest(w.text, known), "auth: %q is not one of %s", w.text, quoteAll(known))
		}
		if w.text == authNone && len(words) > 1 {
			b.d.refuse(w.line, "keep it alone, or leave it out", "auth: %q stands beside others", authNone)
		}
	}
	return texts(words)
}
