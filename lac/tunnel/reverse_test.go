package tunnel

import (
	"net/netip"
	"testing"
	"time"
)

// TestReverse is the tunnel that is left after a LAC yielded to the SCCRQ of
// its LNS (RFC 2661 section 4.4.3): the LNS opened it, the LAC places the
// calls, also before it is open.
func TestReverse(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	at := [2]netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:1701"), netip.MustParseAddrPort("192.0.2.2:1701")}
	for _, secret := range []string{"", "s3cret"} {
		lac := Accept(now, Config{LocalID: 1, Peer: at[1], HostName: "lac", Secret: []byte(secret), Seed: [32]byte{1}, Reverse: true})
		lns := Dial(now, Config{LocalID: 2, Peer: at[0], HostName: "lns", Secret: []byte(secret), Seed: [32]byte{2}, Reverse: true})
		if _, err := lac.PlaceCall(now, Call{Calling: "line 7"}); err != nil {
			t.Fatal(err)
		}
		if _, err := lns.PlaceCall(now, Call{}); err == nil {
			t.Error("the LNS placed a call")
		}
		answered, connected := false, false
		for range 20 {
			for i, c := range []*Conn{lac, lns} {
				for _, a := range c.Take() {
					switch a := a.(type) {
					case Send:
						[]*Conn{lns, lac}[i].Receive(now, at[i], cloned(a.Datagram))
					case CallRequested:
						if a.Call.Calling != "line 7" || c != lns {
							t.Errorf("got call %+v", a.Call)
						}
						lns.AnswerCall(now, a.ID)
					case CallAnswered:
						answered = true
						lac.ConnectCall(now, a.ID, Connect{TxSpeed: 1})
					case CallConnected:
						connected = true
					case Down:
						t.Fatalf("down: %+v", a)
					}
				}
				c.Advance(now)
			}
			now = now.Add(time.Second)
		}
		if !answered || !connected {
			t.Errorf("secret %q: answered %v, connected %v", secret, answered, connected)
		}
	}
}
