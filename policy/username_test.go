package policy

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lacd/policy/number"
)

// What strangers send as their names.
func TestFormSplit(t *testing.T) {
	at, slash, backslash := DefaultForm, Form{'/', true}, Form{'\\', true}
	for _, tt := range []struct {
		form              Form
		name, user, realm string
	}{
		{at, "", "", ""},
		{at, "bob", "bob", ""},
		{at, "bob@", "bob@", ""},
		{at, "@", "@", ""},
		{at, "bob@acme.example", "bob", "acme.example"},
		{at, "bob@ACME.Example", "bob", "acme.example"},
		{at, "Bob@home@ISP", "Bob@home", "isp"},
		{at, "@isp", "", "isp"},
		{at, "acme.example/bob", "acme.example/bob", ""},
		{at, "bob@isp\x00@\xffX", "bob@isp\x00", "\xffx"},
		{at, "bob@ÄCME.example", "bob", "Äcme.example"},
		{at, "bob@\u212aelvin", "bob", "\u212aelvin"}, // KELVIN SIGN is no k
		{at, "bob@acme.example ", "bob", "acme.example "},
		{at, "bob@acme.example@@", "bob@acme.example@@", ""},
		{at, strings.Repeat("@", 300) + "isp", strings.Repeat("@", 299), "isp"},
		{Form{Delimiter: '%'}, "bob%acme.example", "bob", "acme.example"},
		{slash, "ACME.example/bob", "bob", "acme.example"},
		{slash, "acme/bob/home", "bob/home", "acme"},
		{slash, "/bob", "/bob", ""},
		{slash, "acme/", "", "acme"},
		{slash, "bob@acme", "bob@acme", ""},
		{backslash, `ACME\bob`, "bob", "acme"},
	} {
		user, realm, ok := tt.form.Split(tt.name)
		if user != tt.user || realm != tt.realm || ok != (tt.realm != "") {
			t.Errorf("%v of %q: got %q and %q, %v, want %q and %q", tt.form, tt.name, user, realm, ok, tt.user, tt.realm)
		}
	}
}

func TestFormString(t *testing.T) {
	for f, want := range map[Form]string{DefaultForm: "user@realm", {'\\', true}: `realm\user`} {
		if got := f.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestRealms(t *testing.T) {
	p := newPolicy(t, Policy{
		Forms: []Form{DefaultForm, {'/', true}, {Delimiter: '%'}},
		Retailers: []Retailer{
			{Name: "acme", Realms: []string{"acme.example", "*.Acme.Example"}, Authorize: ByRealm},
			{Name: "lab", Realms: []string{"*.lab.acme.example", "x.y.acme.example"}, Authorize: ByRealm},
			{Name: "corp", Realms: []string{"corp"}, Authorize: ByRealm},
			{Name: "below", Realms: []string{"*.below.example"}, Authorize: ByRealm},
		},
	})
	for _, tt := range []struct{ user, retailer, name, realm, reason string }{
		{"bob@acme.example", "acme", "bob", "acme.example", `realm "acme.example" (user@realm) belongs to retailer acme`},
		{"bob@a.acme.example", "acme", "bob", "a.acme.example", `realm "a.acme.example" (user@realm) belongs to retailer acme by "*.acme.example"`},
		{"bob@a.b.ACME.example", "acme", "bob", "a.b.acme.example", `realm "a.b.acme.example" (user@realm) belongs to retailer acme by "*.acme.example"`},
		{"bob@a.lab.acme.example", "lab", "bob", "a.lab.acme.example", `realm "a.lab.acme.example" (user@realm) belongs to retailer lab by "*.lab.acme.example"`},
		{"bob@lab.acme.example", "acme", "bob", "lab.acme.example", `realm "lab.acme.example" (user@realm) belongs to retailer acme by "*.acme.example"`},
		{"bob@x.y.acme.example", "lab", "bob", "x.y.acme.example", `realm "x.y.acme.example" (user@realm) belongs to retailer lab`},
		{"bob@xacme.example", "", "bob", "xacme.example", ""},
		{"bob@below.example", "", "bob", "below.example", ""},
		{"bob@.below.example", "below", "bob", ".below.example", `realm ".below.example" (user@realm) belongs to retailer below by "*.below.example"`},
		{"bob@*.below.example", "below", "bob", "*.below.example", `realm "*.below.example" (user@realm) belongs to retailer below by "*.below.example"`},
		{"bob@below.example.", "", "bob", "below.example.", ""},
		{"CORP/bob", "corp", "bob", "corp", `realm "corp" (realm/user) belongs to retailer corp`},
		{"corp/bob@mail.example", "corp", "bob@mail.example", "corp", `realm "corp" (realm/user) belongs to retailer corp`},
		{"corp/bob@acme.example", "acme", "corp/bob", "acme.example", `realm "acme.example" (user@realm) belongs to retailer acme`},
		{"bob%corp", "corp", "bob", "corp", `realm "corp" (user%realm) belongs to retailer corp`},
		{"a/b%c", "", "b%c", "a", ""},
		{"bob", "", "bob", "", ""},
	} {
		r := p.Route(Subscriber{User: tt.user})
		got := ""
		if r.Retailer != nil {
			got = r.Retailer.Name
		}
		if got != tt.retailer || r.Name != tt.name || r.Realm != tt.realm {
			t.Errorf("%q: got retailer %q, name %q, realm %q, want %q, %q, %q", tt.user, got, r.Name, r.Realm, tt.retailer, tt.name, tt.realm)
		}
		if tt.reason != "" && r.Reasons[0] != tt.reason {
			t.Errorf("%q: got reason %s, want %s", tt.user, r.Reasons[0], tt.reason)
		}
	}
	r := p.Route(Subscriber{User: "a/b%c"})
	if want := `no retailer claims realm "a" (realm/user) or "c" (user%realm), and there is no default retailer`; r.Refuse != want {
		t.Errorf("got %s, want %s", r.Refuse, want)
	}
}

func TestUserNameForRADIUS(t *testing.T) {
	for _, tt := range []struct {
		name     string
		template string
		lower    bool
		user     string
		want     string
	}{
		{"as sent", "", false, "Bob@ACME.example", "Bob@ACME.example"},
		{"octets as sent", "", false, "b\xf6b\x00@acme.example", "b\xf6b\x00@acme.example"},
		{"realm stripped", "{name}", false, "Bob@home@ACME.example", "Bob@home"},
		{"octets of a part", "{name}", false, "b\xf6b\x00@acme.example", "b\xf6b\x00"},
		{"realm exchanged", "{name}@wholesale.example", false, "bob@acme.example", "bob@wholesale.example"},
		{"realm first", "{realm}/{name}", false, "bob@ACME.example", "acme.example/bob"},
		{"prefixed", "lac/{user}", false, "bob@acme.example", "lac/bob@acme.example"},
		{"folded", "", true, "BÖB@ACME.example", "bÖb@acme.example"},
		{"folded with a template", "{name}#LAC", true, "Bob@acme.example", "bob#lac"},
		{"no user in it", "{name}", false, "@acme.example", "@acme.example"},
		{"where it is", "{name}@{access}.{node}", false, "bob@acme.example", "bob@eth1:7.lac1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			retailer := Retailer{Name: "acme", Realms: []string{"acme.example"}, Authorize: ByRADIUS, LowerUser: tt.lower}
			if tt.template != "" {
				retailer.UserName = number.Must(tt.template)
			}
			p := newPolicy(t, Policy{Retailers: []Retailer{retailer}, Name: "lac1"})
			s := Subscriber{User: tt.user, Port: "eth1", Access: "eth1:7"}
			r := p.Route(s)
			if r.User != tt.want {
				t.Errorf("got %q, want %q", r.User, tt.want)
			}
			if told := len(r.Reasons) == 3; told != (tt.want != tt.user) {
				t.Errorf("reasons %q", r.Reasons)
			}
			if d := p.Decide(t0, s, r, Grant{}, 0, nil); d.User != tt.want {
				t.Errorf("accounting has %q, want %q", d.User, tt.want)
			}
			if d := p.Decide(t0, s, r, Grant{User: "other"}, 0, nil); d.User != "other" {
				t.Errorf("accounting has %q, want what RADIUS said", d.User)
			}
		})
	}
}

// FuzzSplit holds that nothing is lost of a name, that the realm is the one
// nearest to its end of it, and that it is in lower case.
func FuzzSplit(f *testing.F) {
	for _, name := range []string{"", "bob@acme.example", "@", "@@", "a/b/c", "/x", "x/", "BOB@\xff\xfe", "\u212a@\u212a", "a\x00@b"} {
		f.Add(name, byte('@'), false)
		f.Add(name, byte('/'), true)
	}
	f.Fuzz(func(t *testing.T, name string, delimiter byte, before bool) {
		form := Form{delimiter, before}
		user, realm, ok := form.Split(name)
		if !ok {
			if user != name || realm != "" {
				t.Errorf("%v of %q: not ok, with %q and %q", form, name, user, realm)
			}
			return
		}
		whole := user + string([]byte{delimiter}) + realm
		if before {
			whole = realm + string([]byte{delimiter}) + user
		}
		letter := 'A' <= delimiter && delimiter <= 'Z' || 'a' <= delimiter && delimiter <= 'z'
		if Lower(whole) != Lower(name) || !letter && strings.IndexByte(realm, delimiter) >= 0 || realm != Lower(realm) {
			t.Errorf("%v of %q: got %q and %q", form, name, user, realm)
		}
		if !strings.Contains(name, user) {
			t.Errorf("%v of %q: user %q is not as sent", form, name, user)
		}
	})
}

func TestLower(t *testing.T) {
	got := []string{Lower(""), Lower("aB[C`"), Lower("É\xc1Z")}
	if diff := cmp.Diff([]string{"", "ab[c`", "É\xc1z"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
