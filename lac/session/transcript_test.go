package session

import (
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lacd/lac/cause"
	"lacd/policy"
	"lacd/pppoe/ppp"
	"lacd/pppoe/ppp/ppptest"
	"lacd/pppoe/wire"
)

var update = flag.Bool("update", false, "rewrite the transcripts in testdata")

// TestTranscripts runs the conversations in testdata/*.txt. A block is the
// commands up to "----", then what the session did. Commands:
//
//	session [interim=D] [echo=D] [circuit=ID]   a new session, whose retailer asks RADIUS; by circuit ID
//	                      "dsl1" one that asks RADIUS, "dsl2" one that does not
//	frame WORDS           a frame from the subscriber; WORDS as for ppptest.Frame
//	ack                   the last Configure-Request is acknowledged
//	up                    LCP and a PAP request for joe@acme.example, in one go
//	padt  lost            from the subscriber's side
//	grant LNS... [session=D] [idle=D] [class=C]...   RADIUS accepts and names LNSes
//	refused CAUSE         RADIUS refuses, or is silent
//	answered [ATTEMPT]    the LNS takes the call
//	down CAUSE [again|last|giveup|ADDRESS] [ATTEMPT]   the LNS or its tunnel ends the call
//	bridged [ERROR]       the data plane has made the bridge
//	removed [OCTETS]      ... has removed one that carried so many octets up
//	count OCTETS          the counters were read
//	disconnect CAUSE [CLASS...]           from outside
//	change [session=D] [idle=D] [interim=D] [class=C]...  new terms
//	wait D                time passes
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got, err := replay(string(src))
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(strings.Split(string(src), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("transcript differs (-want +got):\n%s", diff)
			}
		})
	}
}

// replay runs the commands of a transcript and returns it with the output as
// it is now. Comments and blank lines between blocks are kept.
func replay(src string) (string, error) {
	var out strings.Builder
	r := new(replayer)
	skipping := false
	for n, line := range strings.Split(strings.TrimRight(src, "\n"), "\n") {
		switch {
		case line == "":
			skipping = false
		case skipping:
			continue
		case line == "----":
			fmt.Fprintf(&out, "----\n%s", r.out.String())
			r.out.Reset()
			skipping = true
			continue
		case strings.HasPrefix(line, "#"):
		default:
			if err := r.command(line); err != nil {
				return "", fmt.Errorf("line %d: %s: %w", n+1, line, err)
			}
		}
		fmt.Fprintln(&out, line)
	}
	return out.String(), nil
}

type replayer struct {
	s       *Session
	now     time.Time
	from    time.Time
	request []byte // the last Configure-Request sent
	out     strings.Builder
}

func (r *replayer) command(line string) error {
	f := strings.Fields(line)
	verb, args := f[0], f[1:]
	r.from = r.now
	if err := r.do(verb, args, line); err != nil {
		return err
	}
	r.take()
	return nil
}

func (r *replayer) do(verb string, args []string, line string) error {
	switch verb {
	case "session":
		return r.session(args)
	case "frame":
		frame, err := ppptest.Frame(strings.TrimPrefix(line, "frame "))
		if err != nil {
			return err
		}
		r.s.ReceiveFrame(r.now, frame)
		clear(frame) // the session must not have kept it
	case "ack":
		ack := append([]byte(nil), r.request...)
		ack[2] = byte(ppp.ConfigureAck)
		r.s.ReceiveFrame(r.now, ack)
	case "up":
		for _, c := range []string{
			"frame LCP Configure-Request id=1 magic=0x0a0b0c0d", "ack",
			`frame PAP Authenticate-Request id=1 name="joe@acme.example" password="secret"`,
		} {
			if err := r.command(c); err != nil {
				return err
			}
		}
	case "padt":
		r.s.ReceivePADT(r.now)
	case "lost":
		r.s.BridgeLost(r.now)
	case "disconnect":
		var class [][]byte
		for _, c := range args[1:] {
			class = append(class, []byte(c))
		}
		r.s.Disconnect(r.now, causeOf(args[0]), "", class...)
	case "change":
		t, err := terms(args)
		r.s.Change(r.now, t)
		return err
	case "wait":
		d, err := time.ParseDuration(args[0])
		r.wait(r.now.Add(d))
		return err
	default:
		return r.subsystem(verb, args)
	}
	return nil
}

// subsystem plays what the session asked to be done.
func (r *replayer) subsystem(verb string, args []string) error {
	attempt := r.s.attempt
	octets := uint64(0)
	if n := len(args); n > 0 {
		if v, err := strconv.Atoi(args[n-1]); err == nil {
			attempt, octets = uint8(v), uint64(v)
		}
	}
	switch verb {
	case "grant":
		g, err := grant(args)
		r.s.Granted(r.now, g)
		return err
	case "refused":
		r.s.Refused(r.now, causeOf(args[0]), "as RADIUS says", strings.Join(args[1:], " "))
	case "answered":
		r.s.CallAnswered(r.now, attempt, Call{Tunnel: 1, PeerTunnel: 2, ID: uint16(100 + int(attempt)), Peer: 200})
	case "down":
		r.s.CallDown(r.now, attempt, callEnd(args))
	case "bridged":
		var err error
		if len(args) > 0 {
			err = errors.New(strings.Join(args, " "))
		}
		r.s.Bridged(r.now, r.s.attempt, err)
	case "removed":
		r.s.BridgeRemoved(r.now, r.s.attempt, Counters{UpOctets: octets})
	case "count":
		r.s.Count(r.now, Counters{UpOctets: octets})
	default:
		return errors.New("unknown command")
	}
	return nil
}

func (r *replayer) session(args []string) error {
	pol, err := policy.New(policy.Policy{Node: "lac", Retailers: []policy.Retailer{
		{Name: "acme", Realms: []string{"acme.example"}, Authorize: policy.ByRADIUS, RADIUS: []string{"r1"}, Accounting: true},
		{Name: "bob", Realms: []string{"bob.example"}, Authorize: policy.ByRealm, LNS: []policy.LNS{
			{Name: "lnsb", Peer: netip.MustParseAddrPort("192.0.2.9:1701"), NoProxyAuth: true, NoReplayAuth: true},
		}},
		{
			Name: "trusting", Realms: []string{"trusting.example"}, Authorize: policy.ByRADIUS, RADIUS: []string{"r1"}, Accounting: true,
			RADIUSDown: policy.DownRealm, LNS: []policy.LNS{{Name: "lnsd", Peer: netip.MustParseAddrPort("192.0.2.19:1701")}},
		},
		{Name: "leased", Authorize: policy.ByLine, AskLine: true, LinePassword: "dummy", Lines: []policy.Lines{
			{CircuitIDs: []policy.Pattern{{Text: "dsl1"}}},
		}},
		{Name: "transit", Authorize: policy.ByLine, Lines: []policy.Lines{{CircuitIDs: []policy.Pattern{{Text: "dsl2"}}}}, LNS: []policy.LNS{
			{Name: "lnst", Peer: netip.MustParseAddrPort("192.0.2.10:1701")},
		}},
	}})
	if err != nil {
		return err
	}
	cfg := &Config{PPP: ppp.Config{Name: "lac", Auth: []ppp.Protocol{ppp.PAP, ppp.CHAP}}}
	var line *wire.Line
	for _, a := range args {
		key, value, _ := strings.Cut(a, "=")
		if key == "circuit" {
			line = &wire.Line{CircuitID: value}
			continue
		}
		d, err := time.ParseDuration(value)
		switch {
		case err != nil:
			return err
		case key == "echo":
			cfg.PPP.EchoInterval, cfg.PPP.EchoFailures = d, 2
		default:
			cfg.InterimInterval = d
		}
	}
	r.now = time.Unix(1_000_000, 0)
	r.from = r.now
	r.s = New(r.now, cfg, pol, Origin{
		Port: "eth1", Local: wire.MAC{2, 0, 0, 0, 0, 1}, Peer: wire.MAC{2, 0, 0, 0, 0, 2}, ID: 7, Line: line,
	}, "s1", [32]byte{1})
	return nil
}

func grant(args []string) (policy.Grant, error) {
	var g policy.Grant
	for i, a := range args {
		var err error
		switch {
		case strings.HasPrefix(a, "session="):
			g.SessionTimeout, err = time.ParseDuration(a[8:])
		case strings.HasPrefix(a, "idle="):
			g.IdleTimeout, err = time.ParseDuration(a[5:])
		case strings.HasPrefix(a, "class="):
			g.Class = append(g.Class, []byte(a[6:]))
		default:
			g.Tunnels = append(g.Tunnels, policy.Tunnel{Tag: uint8(i + 1), Server: a, Preference: uint32(i + 1)})
		}
		if err != nil {
			return g, err
		}
	}
	return g, nil
}

// terms reads the words of the command change.
func terms(args []string) (t Terms, err error) {
	for _, a := range args {
		key, value, _ := strings.Cut(a, "=")
		if key == "class" {
			t.Class = append(t.Class, []byte(value))
			continue
		}
		d, err := time.ParseDuration(value)
		if err != nil {
			return t, err
		}
		switch key {
		case "session":
			t.SessionTimeout = &d
		case "idle":
			t.IdleTimeout = &d
		case "interim":
			t.InterimInterval = &d
		default:
			return t, errors.New("unknown term " + key)
		}
	}
	return t, nil
}

// callEnd reads the words of the command down.
func callEnd(args []string) CallEnd {
	e := CallEnd{Cause: causeOf(args[0]), Text: "as the LNS says"}
	if len(args) < 2 {
		return e
	}
	switch args[1] {
	case "again":
		e.Next = policy.TryAgain
	case "last":
		e.Next = policy.TryLast
	case "giveup":
		e.Next = policy.GiveUp
	default:
		if a, err := netip.ParseAddr(args[1]); err == nil {
			e.Next, e.Redirect = policy.TryElsewhere, a
		}
	}
	return e
}

func causeOf(label string) cause.Cause {
	for _, c := range cause.All() {
		if c.String() == label {
			return c
		}
	}
	panic("no cause " + label)
}

// wait lets time pass, from one deadline of the session to the next.
func (r *replayer) wait(until time.Time) {
	for {
		at := r.s.Deadline()
		if at.IsZero() || at.After(until) {
			break
		}
		r.now = at
		r.s.Advance(r.now)
		r.take()
	}
	r.now = until
	r.s.Advance(r.now)
}

func (r *replayer) take() {
	for _, a := range r.s.Take() {
		if d := r.now.Sub(r.from); d > 0 {
			fmt.Fprintf(&r.out, "+%v ", d)
		}
		if s, ok := a.(Send); ok && ppp.Code(s.Frame[2]) == ppp.ConfigureRequest {
			r.request = s.Frame
		}
		fmt.Fprintln(&r.out, describe(r.s, a))
	}
}

func describe(s *Session, a Action) string {
	switch a := a.(type) {
	case Send:
		return "send " + ppp.Describe(a.Frame)
	case SendPADT:
		return "send PADT"
	case Authorize:
		words := fmt.Sprintf("authorize %q with %v of retailer %s", a.User, a.Credentials.Protocol, a.Retailer.Name)
		if len(a.Credentials.Name) == 0 {
			words += fmt.Sprintf(" password=%q", a.Credentials.Response)
		}
		return words
	case PlaceCall:
		line := fmt.Sprintf("place call %d to %v", a.Attempt, a.LNS.Peer.Addr())
		if a.Resort {
			line += " resort"
		}
		return line
	case AddBridge:
		return fmt.Sprintf("add bridge %d to call %d", a.Attempt, a.Call.ID)
	case ConnectCall:
		return fmt.Sprintf("connect call %d proxy-lcp=%v proxy-auth=%v frames=%d", a.Attempt, a.Proxy != nil, a.Credentials != nil, len(a.Frames))
	case HangUp:
		line := fmt.Sprintf("hang up call %d result=%d/%d silent=%v", a.Attempt, a.Result, a.Error, a.Silent)
		if p := a.PPP; p.Code != 0 {
			line += fmt.Sprintf(" ppp=%d protocol=0x%04x direction=%d", p.Code, p.Protocol, p.Direction)
		}
		return line
	case RemoveBridge:
		return fmt.Sprintf("remove bridge %d", a.Attempt)
	case Account:
		v := s.View()
		kinds := map[AccountStatus]string{AccountStart: "start", AccountInterim: "interim", AccountStop: "stop"}
		line := fmt.Sprintf("account %s octets=%d", kinds[a.Status], v.Counters.UpOctets)
		if len(v.Decision.Class) > 0 {
			line += fmt.Sprintf(" class=%q", v.Decision.Class)
		}
		if a.Status == AccountStop {
			line += " cause=" + v.Cause.String()
		}
		return line
	case CameUp:
		return "up"
	case Dropped:
		return "drop " + a.What
	case Released:
		v := s.View()
		return fmt.Sprintf("released cause=%v detail=%q", v.Cause, v.Detail)
	}
	return fmt.Sprintf("%T", a)
}
