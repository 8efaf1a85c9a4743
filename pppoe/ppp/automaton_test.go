package ppp

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// rfcTable is the table of RFC 1661 section 4.1, without its footnotes.
const rfcTable = `
Up   |    2     irc,scr/6     -         -         -         -         -         -         -           -
Down |    -         -         0       tls/1       0         1         1         1         1         tld/1
Open |  tls/1       1     irc,scr/6     3         5         5         6         7         8           9
Close|    0       tlf/0       2         2         4         4     irc,str/4 irc,str/4 irc,str/4 tld,irc,str/4
TO+  |    -         -         -         -       str/4     str/5     scr/6     scr/6     scr/8         -
TO-  |    -         -         -         -       tlf/2     tlf/3     tlf/3     tlf/3     tlf/3         -
RCR+ |    -         -       sta/2 irc,scr,sca/8   4         5       sca/8   sca,tlu/9   sca/8   tld,scr,sca/8
RCR- |    -         -       sta/2 irc,scr,scn/6   4         5       scn/6     scn/7     scn/6   tld,scr,scn/6
RCA  |    -         -       sta/2     sta/3       4         5       irc/7     scr/6   irc,tlu/9   tld,scr/6
RCN  |    -         -       sta/2     sta/3       4         5     irc,scr/6   scr/6   irc,scr/8   tld,scr/6
RTR  |    -         -       sta/2     sta/3     sta/4     sta/5     sta/6     sta/6     sta/6   tld,zrc,sta/5
RTA  |    -         -         2         3       tlf/2     tlf/3       6         6         8       tld,scr/6
RUC  |    -         -       scj/2     scj/3     scj/4     scj/5     scj/6     scj/7     scj/8       scj/9
RXJ+ |    -         -         2         3         4         5         6         6         8           9
RXJ- |    -         -       tlf/2     tlf/3     tlf/2     tlf/3     tlf/3     tlf/3     tlf/3   tld,irc,str/5
RXR  |    -         -         2         3         4         5         6         7         8         ser/9
`

var effectNames = []string{"tld", "irc", "zrc", "scr", "str", "sca", "scn", "sta", "scj", "ser", "tlu", "tls", "tlf"}

// cells returns the table of the RFC as text, a row per event.
func cells(t *testing.T) [][]string {
	t.Helper()
	var rows [][]string
	for line := range strings.Lines(strings.TrimSpace(rfcTable)) {
		_, row, _ := strings.Cut(line, "|")
		rows = append(rows, strings.Fields(row))
	}
	if len(rows) != int(numEvents) {
		t.Fatalf("table has %d rows, want %d", len(rows), numEvents)
	}
	return rows
}

func (s step) text() string {
	if s.do&bad != 0 {
		return "-"
	}
	var names []string
	for i, name := range effectNames {
		if s.do&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	if names == nil {
		return fmt.Sprint(s.next)
	}
	return fmt.Sprintf("%s/%d", strings.Join(names, ","), s.next)
}

func TestAutomatonTable(t *testing.T) {
	for ev, row := range cells(t) {
		got := make([]string, numStates)
		for s := range got {
			got[s] = automaton[ev][s].text()
		}
		if diff := cmp.Diff(row, got); diff != "" {
			t.Errorf("event %d (-RFC +table):\n%s", ev, diff)
		}
	}
}

var testTime = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// linkIn returns a link that has come to the state the way its states allow.
func linkIn(s state) *Link {
	l := NewLink(&Config{}, [32]byte{})
	l.Start(testTime)
	l.state = s
	l.limit(testTime)
	if s == stateOpened {
		l.layerUp(testTime)
	}
	if !s.timed() {
		l.restartAt = time.Time{}
	}
	l.Take()
	return l
}

// TestAutomatonEffects drives every event through every state and compares what
// the link does with the table of the RFC.
func TestAutomatonEffects(t *testing.T) {
	for ev, row := range cells(t) {
		for s, want := range row {
			t.Run(fmt.Sprintf("event %d state %d", ev, s), func(t *testing.T) {
				testEffects(t, event(ev), state(s), want)
			})
		}
	}
}

func testEffects(t *testing.T, ev event, s state, want string) {
	const before = 99 // Restart counter
	now := testTime.Add(time.Minute)
	l := linkIn(s)
	l.restarts = before
	l.handle(now, ev, Packet{ID: 77}, []byte("answer"))
	did := map[string]int{}
	for _, a := range l.Take() {
		did[actionName(a)]++
	}
	if want == "-" {
		if diff := cmp.Diff(map[string]int{"-": 1}, did); diff != "" || l.state != s {
			t.Errorf("state %d (-want +got):\n%s", l.state, diff)
		}
		return
	}
	effects, next, ok := strings.Cut(want, "/")
	if !ok {
		effects, next = "", want
	}
	if got := fmt.Sprint(l.state); got != next {
		t.Errorf("state = %s, want %s", got, next)
	}
	if l.restartAt.IsZero() == l.state.timed() {
		t.Errorf("state %d: Restart timer at %v", l.state, l.restartAt)
	}
	wantDid, wantCounter := wantEffects(effects, before)
	if diff := cmp.Diff(wantDid, did); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
	if l.restarts != wantCounter {
		t.Errorf("Restart counter = %d, want %d", l.restarts, wantCounter)
	}
}

// wantEffects returns how often each effect that can be seen is wanted, and the
// Restart counter.
func wantEffects(effects string, counter int) (map[string]int, int) {
	did := map[string]int{}
	for e := range strings.SplitSeq(effects, ",") {
		switch e {
		case "", "tls": // Start takes the link through Starting by itself
		case "irc":
			counter = 10
			if strings.Contains(effects, "str") {
				counter = 2
			}
		case "zrc":
			counter = 0
		case "scr", "str":
			counter--
			did[e]++
		case "sca", "scn", "scj", "ser":
			did["answer"]++
		default:
			did[e]++
		}
	}
	return did, counter
}

func actionName(a Action) string {
	switch a := a.(type) {
	case Drop:
		return "-"
	case Down:
		return "tld"
	case Open:
		return "tlu"
	case Closed:
		return "tlf"
	case Send:
		switch s := Describe(a.Packet); {
		case string(a.Packet) == "answer":
			return "answer"
		case strings.HasPrefix(s, "LCP Configure-Request"):
			return "scr"
		case strings.HasPrefix(s, "LCP Terminate-Request"):
			return "str"
		case s == "LCP Terminate-Ack id=77":
			return "sta"
		}
	}
	return fmt.Sprintf("%#v", a)
}

// TestReceiveInEveryState gives real packets to a link in each state in which
// one can be, and looks for the state it goes to.
func TestReceiveInEveryState(t *testing.T) {
	own := linkIn(stateReqSent).ours
	lcp := func(c Code, id uint8, data ...byte) []byte { return Packet{LCP, c, id, data}.AppendTo(nil) }
	rejectMRU := Option{OptMRU, []byte{0x05, 0xd4}}.AppendTo(nil)
	tests := []struct {
		name  string
		frame []byte
		next  [6]state // from Closing on
	}{
		{"RCR+", lcp(ConfigureRequest, 1), [6]state{4, 5, 8, 9, 8, 8}},
		{"RCR-", lcp(ConfigureRequest, 1, 7, 2), [6]state{4, 5, 6, 7, 6, 6}},
		// Where the RFC has a crossed connection, the answer is stale.
		{"RCA", lcp(ConfigureAck, own.id, own.options()...), [6]state{4, 5, 7, 7, 9, 9}},
		{"RCN", lcp(ConfigureReject, own.id, rejectMRU...), [6]state{4, 5, 6, 7, 8, 9}},
		{"RTR", lcp(TerminateRequest, 1), [6]state{4, 5, 6, 6, 6, 5}},
		{"RTA", lcp(TerminateAck, 1), [6]state{2, 3, 6, 6, 8, 6}},
		{"RUC", lcp(99, 1), [6]state{4, 5, 6, 7, 8, 9}},
		{"RXJ+", lcp(CodeReject, 1, 99, 1, 0, 4), [6]state{4, 5, 6, 6, 8, 9}},
		{"RXJ-", lcp(CodeReject, 1, 1, 1, 0, 4), [6]state{2, 3, 3, 3, 3, 5}},
		{"RXR", lcp(EchoRequest, 1, 0, 0, 0, 0), [6]state{4, 5, 6, 7, 8, 9}},
		{"malformed", lcp(ConfigureRequest, 1, 7, 1), [6]state{4, 5, 6, 7, 8, 9}},
	}
	for _, tt := range tests {
		for i, want := range tt.next {
			s := stateClosing + state(i)
			l := linkIn(s)
			l.ours.answered = s == stateAckRcvd || s == stateOpened
			l.Receive(testTime, tt.frame)
			if l.state != want {
				t.Errorf("%s in state %d: state = %d, want %d", tt.name, s, l.state, want)
			}
		}
	}
}
