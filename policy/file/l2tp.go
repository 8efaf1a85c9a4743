package file

import (
	"time"

	"lacd/policy"
)

func l2tp(b *block, name string) L2TP {
	l := L2TP{
		HostName:      b.text("host_name", name),
		Window:        uint16(b.number("window", 512, 4, 4096)),
		Hello:         b.duration("hello", time.Minute, 5*time.Second, time.Hour),
		Retries:       int(b.number("retries", 5, 1, 20)),
		Resend:        b.duration("resend", time.Second, 100*time.Millisecond, 10*time.Second),
		ResendMax:     b.duration("resend_max", 8*time.Second, 100*time.Millisecond, time.Minute),
		AnswerTimeout: b.duration("answer_timeout", 5*time.Second, time.Second, 2*time.Minute),
		IdleTimeout:   b.duration("idle_timeout", time.Minute, 0, 24*time.Hour),
		MaxTunnels:    int(b.number("max_tunnels", 4, 1, 16)),
	}
	b.d.handling = policy.Handling{Lockouts: policy.DefaultLockouts()}
	if h := handling(b, b.d.handling); h != nil {
		b.d.handling = *h
	}
	if l.ResendMax < l.Resend {
		key := "resend_max"
		if !b.has(key) {
			key = "resend"
		}
		b.refuse(key, "", "does not fit: resend %s is longer than resend_max %s", brief(l.Resend), brief(l.ResendMax))
	}
	b.done()
	return l
}
