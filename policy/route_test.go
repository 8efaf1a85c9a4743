package policy

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

func newPolicy(t testing.TB, p Policy) *Policy {
	t.Helper()
	q, err := New(p)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func peer(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

func TestRoute(t *testing.T) {
	retailers := []Retailer{
		{Name: "acme", Realms: []string{"acme.example", "ACME.net"}, Authorize: ByRADIUS},
		{Name: "globex", Realms: []string{"globex.example"}, Authorize: ByRealm},
		{Name: "rest", Authorize: ByRADIUS},
	}
	tests := []struct {
		name, user, def  string
		retailer, refuse string
		realm            string
		reasons          []string
	}{
		{
			name: "realm", user: "bob@acme.example", retailer: "acme", realm: "acme.example",
			reasons: []string{`realm "acme.example" belongs to retailer acme`, "RADIUS authorizes it"},
		},
		{
			name: "case", user: "bob@Acme.NET", retailer: "acme", realm: "acme.net",
			reasons: []string{`realm "acme.net" belongs to retailer acme`, "RADIUS authorizes it"},
		},
		{
			name: "by realm", user: "bob@globex.example", retailer: "globex", realm: "globex.example",
			reasons: []string{`realm "globex.example" belongs to retailer globex`, "its realm is enough, the LNS authenticates"},
		},
		{
			name: "unclaimed refused", user: "bob@other.example", realm: "other.example",
			refuse:  `no retailer claims realm "other.example", and there is no default retailer`,
			reasons: []string{`no retailer claims realm "other.example", and there is no default retailer`},
		},
		{
			name: "no realm refused", user: "bob",
			refuse:  "the user name has no realm, and there is no default retailer",
			reasons: []string{"the user name has no realm, and there is no default retailer"},
		},
		{
			name: "unclaimed to default", user: "bob@other.example", def: "rest", retailer: "rest", realm: "other.example",
			reasons: []string{`no retailer claims realm "other.example": default retailer rest`, "RADIUS authorizes it"},
		},
		{
			name: "no realm to default", user: "bob", def: "rest", retailer: "rest",
			reasons: []string{"the user name has no realm: default retailer rest", "RADIUS authorizes it"},
		},
		{
			name: "realm before default", user: "bob@globex.example", def: "rest", retailer: "globex", realm: "globex.example",
			reasons: []string{`realm "globex.example" belongs to retailer globex`, "its realm is enough, the LNS authenticates"},
		},
		{
			name: "parent domain is another realm", user: "bob@x.acme.example", realm: "x.acme.example",
			refuse:  `no retailer claims realm "x.acme.example", and there is no default retailer`,
			reasons: []string{`no retailer claims realm "x.acme.example", and there is no default retailer`},
		},
		{
			name: "hostile realm is quoted", user: "bob@a\nb", realm: "a\nb",
			refuse:  `no retailer claims realm "a\nb", and there is no default retailer`,
			reasons: []string{`no retailer claims realm "a\nb", and there is no default retailer`},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPolicy(t, Policy{Retailers: retailers, Default: Default{Retailer: tt.def}})
			got := p.Route(Subscriber{User: tt.user})
			name := ""
			if got.Retailer != nil {
				name = got.Retailer.Name
				if got.Authorize != got.Retailer.Authorize {
					t.Errorf("got authorize %v, want the retailer's, %v", got.Authorize, got.Retailer.Authorize)
				}
			}
			if name != tt.retailer || got.Refuse != tt.refuse || got.Realm != tt.realm {
				t.Errorf("got retailer %q, refuse %q, realm %q", name, got.Refuse, got.Realm)
			}
			if diff := cmp.Diff(tt.reasons, got.Reasons); diff != "" {
				t.Errorf("reasons, -want +got:\n%s", diff)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	tests := []struct {
		name string
		p    Policy
		want string
	}{
		{"retailer twice", Policy{Retailers: []Retailer{{Name: "a", Authorize: ByRealm}, {Name: "a", Authorize: ByRealm}}}, `retailer "a" is defined twice`},
		{"no authorize", Policy{Retailers: []Retailer{{Name: "a"}}}, `no way to authorize`},
		{"realms of lines", Policy{Retailers: []Retailer{{Name: "a", Authorize: ByLine, Realms: []string{"x"}}}}, `realms, and it authorizes by line`},
		{"lines of realms", Policy{Retailers: []Retailer{{Name: "a", Authorize: ByRealm, Lines: []Lines{{}}}}}, `lines, and it does not authorize by line`},
		{"default by line", Policy{Retailers: []Retailer{{Name: "a", Authorize: ByLine}}, Default: Default{"a"}}, `default retailer "a" authorizes by line`},
		{"realm twice", Policy{Retailers: []Retailer{
			{Name: "a", Authorize: ByRealm, Realms: []string{"x"}},
			{Name: "b", Authorize: ByRealm, Realms: []string{"X"}},
		}}, `realm "X" is claimed by retailers "a" and "b"`},
		{"default", Policy{Default: Default{Retailer: "a"}}, `default retailer "a" is not defined`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := New(tt.p); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestAuthorizeString(t *testing.T) {
	for a, want := range map[Authorize]string{ByRADIUS: "radius", ByRealm: "realm", ByLine: "line", 0: "unknown"} {
		if got := a.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// FuzzRoute holds that no user name finds its way to a retailer whose realm it
// does not end in, and that none spoils a log.
func FuzzRoute(f *testing.F) {
	for _, user := range []string{"bob@acme.example", "bob", "bob@ACME.net@other", "bob@a\nb", "@\xff", "a@\u202e"} {
		f.Add(user)
	}
	realms := map[string][]string{"acme": {"acme.example", "acme.net"}, "globex": {"globex.example"}}
	p := newPolicy(f, Policy{Retailers: []Retailer{
		{Name: "acme", Realms: realms["acme"], Authorize: ByRADIUS}, {Name: "globex", Realms: realms["globex"], Authorize: ByRealm},
	}})
	f.Fuzz(func(t *testing.T, user string) {
		r := p.Route(Subscriber{User: user})
		switch {
		case r.Retailer == nil && r.Refuse == "":
			t.Error("refused without a reason")
		case r.Retailer != nil && !slices.ContainsFunc(realms[r.Retailer.Name], func(realm string) bool {
			return strings.HasSuffix(Lower(user), "@"+realm)
		}):
			t.Errorf("%q is a subscriber of %s", user, r.Retailer.Name)
		}
		for _, reason := range append(r.Reasons, r.Refuse) {
			if strings.ContainsFunc(reason, func(c rune) bool { return !unicode.IsPrint(c) }) {
				t.Errorf("reason %q", reason)
			}
		}
	})
}

func BenchmarkRoute(b *testing.B) {
	p := newPolicy(b, Policy{Retailers: []Retailer{{Name: "acme", Realms: []string{"acme.example"}, Authorize: ByRADIUS}}})
	s := Subscriber{User: "bob@acme.example"}
	b.ReportAllocs()
	for b.Loop() {
		p.Route(s)
	}
}
