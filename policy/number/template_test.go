package number

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var everything = Values{
	CircuitID: "dslam1 eth 0/1:100", RemoteID: "cpe7", MAC: "02:00:00:00:00:07", SVLAN: 100, CVLAN: 7,
	Port: "eth1", Access: "eth1:100.7", NASPort: 65543, User: "alice@acme.example", Name: "alice", Realm: "acme.example", Service: "internet", Node: "lac1",
}

func TestNumber(t *testing.T) {
	onlyMAC := Values{MAC: "02:00:00:00:00:07"}
	for _, tt := range []struct {
		name, template string
		values         Values
		want           string
	}{
		{"nothing", "", everything, ""},
		{"fixed", "08001234567", Values{}, "08001234567"},
		{
			"every field", "{circuit_id},{remote_id},{mac},{svlan},{cvlan},{port},{access},{nas_port},{user},{name},{realm},{service},{node}", everything,
			"dslam1 eth 0/1:100,cpe7,02:00:00:00:00:07,100,7,eth1,eth1:100.7,65543,alice@acme.example,alice,acme.example,internet,lac1",
		},
		{"first known", "{circuit_id|mac}", everything, "dslam1 eth 0/1:100"},
		{"second known", "{circuit_id|remote_id|mac}", onlyMAC, "02:00:00:00:00:07"},
		{"none known", "{circuit_id|remote_id}", onlyMAC, ""},
		{"one part unknown", "{node} {port}:{svlan}.{cvlan}", Values{Node: "lac1", Port: "eth1", SVLAN: 100}, "lac1 eth1:100."},
		{"separators are no number", "{svlan}.{cvlan}", onlyMAC, ""},
		{"braces", "{{{port}}}", everything, "{eth1}"},
		{"binary id", "{remote_id}", Values{RemoteID: "\x02\x00a\xff"}, "%02%00a%FF"},
		{"line breaks and UTF-8", "{user}", Values{User: "é\r\n@x"}, "%C3%A9%0D%0A@x"},
		{"cut", "{user}x", Values{User: strings.Repeat("u", 300)}, strings.Repeat("u", 253)},
		{"no half octet", "{user}", Values{User: strings.Repeat("u", 252) + "\x00" + "v"}, strings.Repeat("u", 252)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := Parse(tt.template)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Number(&tt.values); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if p.String() != tt.template {
				t.Errorf("written as %q, want %q", p, tt.template)
			}
		})
	}
}

// A user name is compared octet by octet at the far end: nothing of it is
// rewritten, and nothing is cut off.
func TestText(t *testing.T) {
	long := strings.Repeat("u", 300)
	for _, tt := range []struct {
		template string
		values   Values
		want     string
	}{
		{"{name}@isp", Values{Name: "bj\xf6rn\x00"}, "bj\xf6rn\x00@isp"},
		{"{user}x", Values{User: long}, long + "x"},
		{"{name}@isp", Values{User: "@acme"}, ""},
	} {
		if got := Must(tt.template).Text(&tt.values); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.template, got, tt.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for template, want := range map[string]string{
		"{circuit}":          `unknown name "circuit" in braces`,
		"{}":                 `unknown name "" in braces`,
		"{circuit_id|}":      `unknown name "" in braces`,
		"{circuit_id | mac}": `unknown name "circuit_id " in braces`,
		"{MAC}":              `unknown name "MAC" in braces`,
		"{mac":               ErrBraces.Error(),
		"mac}":               ErrBraces.Error(),
		"a\nb":               "has an octet 0x0a, which is not printable ASCII",
		"é":                  "has an octet 0xc3, which is not printable ASCII",
	} {
		_, err := Parse(template)
		if err == nil || err.Error() != want {
			t.Errorf("%q: got error %v, want %s", template, err, want)
		}
		var unknown *UnknownNameError
		if strings.HasPrefix(want, "unknown") != errors.As(err, &unknown) {
			t.Errorf("%q: got error of type %T", template, err)
		}
	}
}

func TestNamesAreAccepted(t *testing.T) {
	all := Names()
	for _, name := range all {
		if got := Must("{" + name + "}").Number(&everything); got == "" {
			t.Errorf("{%s} gives nothing", name)
		}
	}
	if _, err := Parse("{" + strings.Join(all, "|") + "}"); err != nil {
		t.Error(err)
	}
}

func TestMustPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a broken template was accepted")
		}
	}()
	Must("{nonsense}")
}

func TestTemplatesCompare(t *testing.T) {
	type both struct{ A, B *Template }
	if !cmp.Equal(both{Must("{mac}"), nil}, both{Must("{mac}"), nil}) || cmp.Equal(both{Must("{mac}"), nil}, both{Must("{user}"), nil}) {
		t.Error("templates do not compare by what was written")
	}
}

func TestNumberAllocations(t *testing.T) {
	p := Must("{node} {port}:{svlan}.{cvlan} {circuit_id|mac}")
	v := everything
	if got := testing.AllocsPerRun(100, func() { p.Number(&v) }); got > 3 {
		t.Errorf("got %v allocations, want at most 3", got)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "{circuit_id|mac}", "{{{node}}}", "{", "}", "{|}", "a%00{user}"} {
		f.Add(s, "id\x00", "u@r")
	}
	f.Fuzz(func(t *testing.T, template, id, name string) {
		p, err := Parse(template)
		if err != nil {
			return
		}
		got := p.Number(&Values{CircuitID: id, RemoteID: id, User: name, MAC: "m"})
		if len(got) > MaxLen {
			t.Errorf("%d octets", len(got))
		}
		if strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%q is not printable", got)
		}
	})
}

func BenchmarkNumber(b *testing.B) {
	p := Must("{circuit_id|mac}")
	v := everything
	b.ReportAllocs()
	for b.Loop() {
		p.Number(&v)
	}
}
