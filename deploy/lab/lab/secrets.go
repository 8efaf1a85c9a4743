package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"lacd/deploy/lab/capture"
)

// L2TP message types and AVPs that the judge looks for, RFC 2661 sections 3.2 and
// 4.4.
const (
	msgSCCRQ   = 1
	msgSCCRP   = 2
	msgSCCCN   = 3
	msgStopCCN = 4
	msgICRQ    = 10
	msgICCN    = 12
	msgCDN     = 14

	avpResult            = 1
	avpChallenge         = 11
	avpChallengeResponse = 13
	avpSessionID         = 14
	avpProxyAuthType     = 29
	avpProxyAuthResponse = 33
)

// secretsScene has an LNS for every way in which secrets can disagree. lns1 and
// lns2 are in order; lns2 is named second where the first one cannot be used.
func secretsScene() scene {
	good, second, other, without, strict := lnsN(1), lnsN(2), lnsN(3), lnsN(4), lnsN(5)
	without.secret = ""
	fallback := tunnel{lns: second, secret: second.secret, preference: 20}
	sc := scene{
		ports: []string{"eth1"},
		lnses: []LNS{good, second, other, without, strict},
		realms: []realm{
			{name: "both.example", tunnels: []tunnel{{lns: good, secret: good.secret, preference: 10}}},
			{name: "wrong.example", tunnels: []tunnel{{lns: other, secret: "not-the-secret-of-lns3", preference: 10}, fallback}},
			{name: "laconly.example", tunnels: []tunnel{{lns: without, secret: "a-secret-that-lns4-lacks", preference: 10}, fallback}},
			{name: "lnsonly.example", tunnels: []tunnel{{lns: strict, preference: 10}, fallback}},
		},
		subscribers: numbered([]*Subscriber{
			{access: "acc1", user: "chap@both.example", password: "chap-pw", stored: "chap-pw", lns: "lns1"},
			{access: "acc1", user: "pap@both.example", password: papPassword, stored: papPassword, lns: "lns1", pap: true},
			{access: "acc1", user: "eve@wrong.example", password: "eve-pw", stored: "eve-pw", lns: "lns2"},
			{access: "acc1", user: "lou@laconly.example", password: "lou-pw", stored: "lou-pw", lns: "lns2"},
			{access: "acc1", user: "max@lnsonly.example", password: "max-pw", stored: "max-pw", lns: "lns2"},
		}),
		captures: capturesOf(1, accessControl, coreControl),
	}
	sc.config = plainConfig(&sc)
	return sc
}

// papPassword is long enough not to be found in a capture by chance.
const papPassword = "a-password-not-to-be-seen"

// playSecrets lets everyone dial in at once.
func playSecrets(l *Lab, ctx context.Context) {
	l.step("%d subscribers dial in; for three, the first LNS that RADIUS names has another secret, or none", len(l.subscribers))
	l.bringUp(ctx, l.subscribers...)
	out, err := l.lacctl(ctx, "show", "lns")
	l.show(out)
	l.check(err, "lacctl show lns")
	l.show(linesWith(l.lacd.output(), "tunnel down", "locked out"))
	l.check(l.awaitSessions(ctx, usersOf(l.subscribers)...), "lacctl lists all of them, up")
	for _, s := range l.subscribers {
		l.check(l.awaitStart(ctx, s), "%s has one Start record, for %s", s.user, s.lns)
	}
	l.check(l.awaitKernel(ctx, kernelCount{5, 2, 5}, tick), "the kernel has 5 bridges and 2 tunnels, none to the LNSes that were left")
	l.closeDown(ctx)
}

// judgeSecrets looks at the messages themselves.
func judgeSecrets(ctx context.Context, v *verdict) {
	sc := secretsScene()
	from := func(n LNS) conversation { return v.conversation(ctx, lacAddr, n.addr) }
	to := func(n LNS) conversation { return v.conversation(ctx, n.addr, lacAddr) }
	good := sc.lns("lns1")
	v.check(from(good).has(msgSCCRQ, avpChallenge), "the LAC challenges lns1")
	v.check(to(good).has(msgSCCRP, avpChallengeResponse), "lns1 answers the challenge")
	v.check(to(good).has(msgSCCRP, avpChallenge), "lns1 challenges the LAC")
	v.check(from(good).has(msgSCCCN, avpChallengeResponse), "the LAC answers the challenge")
	v.check(from(good).hidden(), "the PAP password in ICCN is hidden")
	v.check(from(good).without([]byte(papPassword)), "no control message has the PAP password in the clear")
	for _, name := range []string{"lns3", "lns4", "lns5"} {
		c := from(sc.lns(name))
		v.check(c.refuses(4), "the LAC closes the tunnel to %s with StopCCN 4 and places no call there", name)
	}
}

// conversation is what one host sent to another.
type conversation struct {
	messages []capture.Message
	err      error
}

func (v *verdict) conversation(ctx context.Context, from, to string) conversation {
	all, err := capture.Control(ctx, v.core(), from, to)
	return conversation{all, err}
}

// of returns the messages of a type.
func (c conversation) of(kind uint16) []capture.Message {
	var all []capture.Message
	for _, m := range c.messages {
		if first := m.AVPs[0]; first.Type == 0 && len(first.Value) == 2 && be16(first.Value) == kind {
			all = append(all, m)
		}
	}
	return all
}

// find returns an IETF AVP of a message, nil if it has none.
func findAVP(m capture.Message, typ uint16) *capture.AVP {
	for i, a := range m.AVPs {
		if a.Vendor == 0 && a.Type == typ {
			return &m.AVPs[i]
		}
	}
	return nil
}

// has checks that there is a message of a type with an AVP.
func (c conversation) has(kind, typ uint16) error {
	for _, m := range c.of(kind) {
		if findAVP(m, typ) != nil {
			return nil
		}
	}
	return errors.Join(fmt.Errorf("%d messages of type %d, none with AVP %d", len(c.of(kind)), kind, typ), c.err)
}

// hidden checks that the Proxy Authen Response of every PAP call is hidden, and
// that there is one.
func (c conversation) hidden() error {
	const pap = 3
	n := 0
	for _, m := range c.of(msgICCN) {
		typ, response := findAVP(m, avpProxyAuthType), findAVP(m, avpProxyAuthResponse)
		if typ == nil || be16(typ.Value) != pap {
			continue
		}
		if response == nil || !response.Hidden {
			return fmt.Errorf("frame %d: AVP %d is %+v", m.Frame, avpProxyAuthResponse, response)
		}
		n++
	}
	if n == 0 {
		return errors.Join(errors.New("no ICCN with proxy PAP"), c.err)
	}
	return nil
}

// without checks that no AVP holds the text.
func (c conversation) without(text []byte) error {
	for _, m := range c.messages {
		for _, a := range m.AVPs {
			if bytes.Contains(a.Value, text) {
				return fmt.Errorf("frame %d: AVP %d", m.Frame, a.Type)
			}
		}
	}
	return c.err
}

// refuses checks that the tunnel was closed with a Result Code before any call.
func (c conversation) refuses(result uint16) error {
	stops := c.of(msgStopCCN)
	if len(stops) == 0 {
		return errors.Join(errors.New("no StopCCN"), c.err)
	}
	for _, m := range stops {
		if a := findAVP(m, avpResult); a == nil || len(a.Value) < 2 || be16(a.Value) != result {
			return fmt.Errorf("frame %d: Result Code %+v", m.Frame, a)
		}
	}
	if n := len(c.of(msgICRQ)); n > 0 {
		return fmt.Errorf("%d ICRQs", n)
	}
	return nil
}

// be16 reads two octets, 0 where there are fewer.
func be16(b []byte) uint16 {
	if len(b) < 2 {
		return 0
	}
	return uint16(b[0])<<8 | uint16(b[1])
}
