package policy

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lacd/policy/number"
)

func patternsOf(texts ...string) (all []Pattern) {
	for _, s := range texts {
		all = append(all, ParsePattern(s))
	}
	return all
}

func byLine(name string, lines ...Lines) Retailer {
	return Retailer{Name: name, Authorize: ByLine, Lines: lines}
}

func TestLine(t *testing.T) {
	p := newPolicy(t, Policy{Retailers: []Retailer{
		byLine("narrow",
			Lines{CircuitIDs: patternsOf("dslam1 eth 0/1:7", "dslam9 eth 0/1:7"), Source: "lacd.hcl:3"},
			Lines{RemoteIDs: patternsOf("cpe7"), Ports: []string{"eth1"}},
			Lines{MACs: patternsOf("02:00:00:00:00:07")}),
		byLine("wide",
			Lines{CircuitIDs: patternsOf("dslam1 *")},
			Lines{Ports: []string{"eth1", "eth2"}, SVLANs: []VLANs{{100, 199}, {300, 300}}, CVLANs: []VLANs{{7, 7}}},
			Lines{CircuitIDs: patternsOf("*"), Ports: []string{"eth9"}}),
		{Name: "named", Realms: []string{"acme.example"}, Authorize: ByRADIUS},
	}})
	for _, tt := range []struct {
		name     string
		s        Subscriber
		retailer string
		why      string
	}{
		{"circuit id", Subscriber{CircuitID: "dslam1 eth 0/1:7"}, "narrow", `circuit_id "dslam1 eth 0/1:7" (lacd.hcl:3)`},
		{"another of the list", Subscriber{CircuitID: "dslam9 eth 0/1:7"}, "narrow", `circuit_id "dslam9 eth 0/1:7" (lacd.hcl:3)`},
		{"beginning of a circuit id", Subscriber{CircuitID: "dslam1 eth 0/1:77"}, "wide", `circuit_id "dslam1 *"`},
		{"case counts", Subscriber{CircuitID: "DSLAM1 eth 0/1:7"}, "", ""},
		{"remote id and port", Subscriber{RemoteID: "cpe7", Port: "eth1"}, "narrow", `remote_id "cpe7", port eth1`},
		{"remote id, another port", Subscriber{RemoteID: "cpe7", Port: "eth2"}, "", ""},
		{"mac", Subscriber{MAC: "02:00:00:00:00:07"}, "narrow", `mac "02:00:00:00:00:07"`},
		{"first rule wins", Subscriber{MAC: "02:00:00:00:00:07", CircuitID: "dslam1 x"}, "narrow", `mac "02:00:00:00:00:07"`},
		{"VLANs", Subscriber{Port: "eth2", SVLAN: 199, CVLAN: 7}, "wide", "port eth2, svlan 100-199, cvlan 7"},
		{"second range", Subscriber{Port: "eth1", SVLAN: 300, CVLAN: 7}, "wide", "port eth1, svlan 300, cvlan 7"},
		{"VLAN beyond", Subscriber{Port: "eth1", SVLAN: 200, CVLAN: 7}, "", ""},
		{"no tag", Subscriber{Port: "eth1"}, "", ""},
		{"any circuit id", Subscriber{Port: "eth9", CircuitID: "\x00"}, "wide", `circuit_id "*", port eth9`},
		{"no circuit id", Subscriber{Port: "eth9"}, "", ""},
		{"the name does not matter", Subscriber{User: "bob@acme.example"}, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, ok := p.Line(tt.s)
			if !ok {
				if tt.retailer != "" {
					t.Fatalf("no retailer has the line, want %s", tt.retailer)
				}
				return
			}
			want := []string{
				"the line belongs to retailer " + tt.retailer + ": " + tt.why,
				"its line is enough, the LNS authenticates",
			}
			if diff := cmp.Diff(want, r.Reasons); diff != "" {
				t.Errorf("reasons, -want +got:\n%s", diff)
			}
			if r.Retailer.Name != tt.retailer || r.Authorize != ByLine || r.AsksRADIUS() {
				t.Errorf("got retailer %s, authorize %v, asks RADIUS %v", r.Retailer.Name, r.Authorize, r.AsksRADIUS())
			}
		})
	}
}

func TestEveryLine(t *testing.T) {
	p := newPolicy(t, Policy{Retailers: []Retailer{byLine("all", Lines{})}})
	r, ok := p.Line(Subscriber{})
	if none := newPolicy(t, Policy{}); !p.KnowsLines() || none.KnowsLines() {
		t.Error("it is not known whether there are lines")
	}
	if !ok || r.Reasons[0] != "the line belongs to retailer all: every line does" {
		t.Errorf("got %v, reasons %q", ok, r.Reasons)
	}
}

// RFC 2809 section 4.1.2.2: Calling-Station-Id stands for the name.
func TestLineUser(t *testing.T) {
	s := Subscriber{MAC: "02:00:00:00:00:07", CircuitID: "dslam1 eth\xff", Access: "eth1:100", Port: "eth1"}
	for _, tt := range []struct {
		name string
		user string
		call CallInfo
		s    Subscriber
		want string
	}{
		{"default", "", CallInfo{}, s, "dslam1 eth%FF"},
		{"default without circuit id", "", CallInfo{}, Subscriber{MAC: s.MAC}, s.MAC},
		{"as Calling-Station-Id", "", CallInfo{CallingStation: number.Must("{access}")}, s, "eth1:100"},
		{"no Calling-Station-Id", "", CallInfo{CallingStation: number.Must("")}, s, s.MAC},
		{"template", "line-{circuit_id}", CallInfo{}, s, "line-dslam1 eth\xff"},
		{"template in which nothing is known", "{remote_id}", CallInfo{}, s, "dslam1 eth%FF"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			retailer := byLine("a", Lines{})
			retailer.AskLine, retailer.Call = true, tt.call
			if tt.user != "" {
				retailer.LineUser = number.Must(tt.user)
			}
			r, _ := newPolicy(t, Policy{Retailers: []Retailer{retailer}}).Line(tt.s)
			want := []string{
				"the line belongs to retailer a: every line does", "RADIUS authorizes its line, the LNS authenticates",
				fmt.Sprintf("the User-Name for RADIUS is %q", tt.want),
			}
			if r.User != tt.want || !r.AsksRADIUS() {
				t.Errorf("got user %q, asks RADIUS %v, want %q", r.User, r.AsksRADIUS(), tt.want)
			}
			if diff := cmp.Diff(want, r.Reasons); diff != "" {
				t.Errorf("reasons, -want +got:\n%s", diff)
			}
		})
	}
}

func TestCoversAndOverlaps(t *testing.T) {
	for _, tt := range []struct {
		name               string
		a, b               Lines
		aCoversB, bCoversA bool
		overlap            bool
	}{
		{"both all", Lines{}, Lines{}, true, true, true},
		{"all and one", Lines{}, Lines{MACs: patternsOf("m")}, true, false, true},
		{"prefix", Lines{CircuitIDs: patternsOf("a*")}, Lines{CircuitIDs: patternsOf("ab", "ac*")}, true, false, true},
		{"prefix and another", Lines{CircuitIDs: patternsOf("a*")}, Lines{CircuitIDs: patternsOf("ab", "b")}, false, false, true},
		{"disjoint", Lines{CircuitIDs: patternsOf("a*", "c")}, Lines{CircuitIDs: patternsOf("b", "ca")}, false, false, false},
		{"text is no prefix", Lines{CircuitIDs: patternsOf("a")}, Lines{CircuitIDs: patternsOf("ab")}, false, false, false},
		{"text and its prefix", Lines{CircuitIDs: patternsOf("a")}, Lines{CircuitIDs: patternsOf("a*")}, false, true, true},
		{"VLANs", Lines{SVLANs: []VLANs{{1, 9}}}, Lines{SVLANs: []VLANs{{2, 3}, {9, 9}}}, true, false, true},
		{"VLANs at the edge", Lines{SVLANs: []VLANs{{1, 9}}}, Lines{SVLANs: []VLANs{{9, 10}}}, false, false, true},
		{"VLANs apart", Lines{CVLANs: []VLANs{{1, 9}}}, Lines{CVLANs: []VLANs{{10, 10}}}, false, false, false},
		{"different keys", Lines{CircuitIDs: patternsOf("a")}, Lines{RemoteIDs: patternsOf("a")}, false, false, true},
		{"one port of two", Lines{Ports: []string{"eth1"}}, Lines{Ports: []string{"eth1", "eth2"}}, false, true, true},
		{"disjoint in one key", Lines{Ports: []string{"eth1"}, MACs: patternsOf("m")}, Lines{Ports: []string{"eth2"}}, false, false, false},
	} {
		if got := tt.a.Covers(&tt.b); got != tt.aCoversB {
			t.Errorf("%s: a covers b: got %v", tt.name, got)
		}
		if got := tt.b.Covers(&tt.a); got != tt.bCoversA {
			t.Errorf("%s: b covers a: got %v", tt.name, got)
		}
		if a, b := tt.a.Overlaps(&tt.b), tt.b.Overlaps(&tt.a); a != tt.overlap || b != tt.overlap {
			t.Errorf("%s: overlap: got %v and %v, want %v", tt.name, a, b, tt.overlap)
		}
	}
}

func BenchmarkLine(b *testing.B) {
	var ids []Pattern
	for i := range 10_000 {
		ids = append(ids, ParsePattern(fmt.Sprintf("dslam1 eth 0/%d", i)))
	}
	p := newPolicy(b, Policy{Retailers: []Retailer{byLine("a", Lines{CircuitIDs: ids}), byLine("b", Lines{Ports: []string{"eth1"}})}})
	s := Subscriber{CircuitID: "dslam1 eth 0/9999", MAC: "02:00:00:00:00:07", Port: "eth1"}
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := p.Line(s); !ok {
			b.Fatal("no retailer has the line")
		}
	}
}
