package lac

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lacd/kernel/kerneltest"
	"lacd/lac/l2tp"
	"lacd/lac/lactest"
)

// Cases of the conformance matrix about calls, with default times, exactly; see
// timing_test.go.

// said returns the messages of some kinds that the LAC sent, as "5s lns1 CDN 10".
func said(n *tap, kinds ...l2tp.MessageType) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var all []string
	for _, p := range n.noted {
		if !p.sent || !slices.Contains(kinds, p.kind) {
			continue
		}
		text := fmt.Sprintf("%v lns%d %v", p.at, p.peer.Addr().As4()[3]-10, p.kind)
		_, payload, _ := l2tp.ParseHeader(p.b) // the tap has done it
		if m, _ := n.parser.Parse(slices.Clone(payload)); p.kind == l2tp.TypeCDN {
			text += " " + strconv.Itoa(int(m.(*l2tp.CDN).Result.Code))
		}
		all = append(all, text)
	}
	return all
}

// An LNS that is silent about a call has its time, to the instant.
func TestT31_SilentLNSHasItsTime(t *testing.T) {
	for _, timeout := range []time.Duration{0, time.Second, time.Minute} {
		t.Run(timeout.String(), func(t *testing.T) {
			var wire *tap
			o := rigOptions{change: func(c *Config) { c.CallTimeout, c.Trunk.AnswerTimeout = timeout, timeout }}
			inRig(t, tapped(&wire, o), func(t *testing.T, r *rig) {
				twoLNS(r)
				r.lns1.Set(lactest.Behaviour{SilentICRQ: true})
				sub := r.seg.Dial(alice)
				d := timeout
				if d == 0 {
					d = 5 * time.Second
				}
				after(d + time.Minute)
				want := []string{
					"0s lns1 SCCRQ", "0s lns1 SCCCN", "0s lns1 ICRQ",
					fmt.Sprintf("%v lns1 CDN 10", d),
					fmt.Sprintf("%v lns2 SCCRQ", d), fmt.Sprintf("%v lns2 SCCCN", d),
					fmt.Sprintf("%v lns2 ICRQ", d), fmt.Sprintf("%v lns2 ICCN", d),
				}
				got := said(wire, l2tp.TypeSCCRQ, l2tp.TypeSCCCN, l2tp.TypeICRQ, l2tp.TypeICCN, l2tp.TypeCDN)
				slices.Sort(got)
				slices.Sort(want)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				if sub.State() != lactest.Proven {
					t.Errorf("subscriber in state %d, want it to wait for the LNS", sub.State())
				}
			})
		})
	}
}

// A CDN that is not acknowledged is sent after 1, 2, 4, 8 and 8 s more, and
// then the tunnel is given up. The subscriber has long gone.
func TestT39_UnacknowledgedCDN(t *testing.T) {
	var wire *tap
	inRig(t, tapped(&wire, rigOptions{}), func(t *testing.T, r *rig) {
		oneLNS(r)
		sub := r.seg.Dial(alice)
		after(time.Second) // all is acknowledged
		r.lns1.Set(lactest.Behaviour{Silent: true})
		sub.HangUp()
		settle()
		if got := r.records(r.radius); !cmp.Equal(got, []string{"start", "stop User-Request"}) {
			t.Errorf("accounting %v, want the Stop at once", got)
		}
		after(31*time.Second - time.Millisecond)
		want := []string{"1s lns1 CDN 1", "2s lns1 CDN 1", "4s lns1 CDN 1", "8s lns1 CDN 1", "16s lns1 CDN 1", "24s lns1 CDN 1"}
		if diff := cmp.Diff(want, said(wire, l2tp.TypeCDN)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if n := len(r.plane.Tunnels()); n != 1 {
			t.Errorf("%d tunnels before the last wait is over, want 1", n)
		}
		after(time.Millisecond)
		if n := len(r.plane.Tunnels()); n != 0 {
			t.Errorf("%d tunnels after it, want none", n)
		}
		if got := said(wire, l2tp.TypeStopCCN); len(got) > 0 {
			t.Errorf("got %v: nobody is there to be told", got)
		}
	})
}

// An LNS that takes a call back while its bridge is being made has it
// no more; the bridge goes, and the next LNS gets the call.
func TestT29_CDNBeforeICCN(t *testing.T) {
	var wire *tap
	inRig(t, tapped(&wire, rigOptions{}), func(t *testing.T, r *rig) {
		twoLNS(r)
		r.plane.Delay(kerneltest.AddBridge, time.Second)
		r.seg.Dial(alice)
		after(500 * time.Millisecond)
		r.lns1.HangUp(0, l2tp.Result{Code: 2, Error: 7})
		after(5 * time.Second)
		if got := said(wire, l2tp.TypeICCN); len(got) != 1 || !strings.HasSuffix(got[0], "lns2 ICCN") {
			t.Errorf("got %v, want an ICCN for LNS 2 alone", got)
		}
		if got := said(wire, l2tp.TypeCDN); len(got) > 0 {
			t.Errorf("got %v: a CDN is not answered", got)
		}
		if n := len(r.plane.Bridges()); n != 1 {
			t.Errorf("%d bridges, want that of LNS 2", n)
		}
	})
}

// The subscriber hangs up at each stage of the call. The LNS is told
// exactly when it was asked.
func TestT31_HangUpWhileCalling(t *testing.T) {
	for _, tc := range []struct {
		name  string
		lns   lactest.Behaviour
		plane time.Duration // to make the bridge
		want  []string
	}{
		{"no tunnel yet", lactest.Behaviour{Silent: true}, 0, nil},
		{"no ICRP yet", lactest.Behaviour{SilentICRQ: true}, 0, []string{"500ms lns1 CDN 1"}},
		{"no bridge yet", lactest.Behaviour{}, time.Second, []string{"500ms lns1 CDN 1"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var wire *tap
			inRig(t, tapped(&wire, rigOptions{}), func(t *testing.T, r *rig) {
				oneLNS(r)
				r.lns1.Set(tc.lns)
				r.plane.Delay(kerneltest.AddBridge, tc.plane)
				sub := r.seg.Dial(alice)
				after(500 * time.Millisecond)
				sub.HangUp()
				after(4 * time.Second)
				if diff := cmp.Diff(tc.want, said(wire, l2tp.TypeCDN)); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				if got := said(wire, l2tp.TypeICCN); len(got) > 0 {
					t.Errorf("got %v for a subscriber that is gone", got)
				}
				if n := len(r.plane.Bridges()); n != 0 {
					t.Errorf("%d bridges left", n)
				}
				if got := r.records(r.radius); len(got) != 0 {
					t.Errorf("accounting %v of a session that never was", got)
				}
			})
		})
	}
}
