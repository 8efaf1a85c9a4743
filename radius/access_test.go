package radius

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"

	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2865"
)

// The User-Password, Message-Authenticator and Tunnel-Password values in these
// tests were computed by an independent program.

func TestAccessGoldenPAP(t *testing.T) {
	a := sampleAccess()
	got, err := a.Encode(Try{ID: 7, Authenticator: request, Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	equalBytes(t, got, unhex(`
		01                                          # Code Access-Request
		07                                          # Identifier
		00e6                                        # Length
		0f403f9473978057bd83d5cb98f4227a            # Request Authenticator
		50 12 d3e5ba310478fd8fd548e416e90ab19f      # Message-Authenticator
		01 0b 6e656d6f4061636d65                    # User-Name
		02 12 0dbe708d93d413ce3196e43f782a0aee      # User-Password
		04 06 c0000201                              # NAS-IP-Address
		20 06 6c616331                              # NAS-Identifier
		05 06 01020064                              # NAS-Port
		3d 06 0000000f                              # NAS-Port-Type Ethernet
		57 0e 657468313a3130302e323030              # NAS-Port-Id
		06 06 00000002                              # Service-Type Framed
		07 06 00000001                              # Framed-Protocol PPP
		0c 06 000005d4                              # Framed-MTU
		1e 0a 696e7465726e6574                      # Called-Station-Id
		1f 13 30323a30303a30303a30303a30303a3031    # Calling-Station-Id
		2c 0a 3030613162326333                      # Acct-Session-Id
		1a 0e 00000de9 01 08 64736c616d31           # Agent-Circuit-Id
		1a 0b 00000de9 02 05 637065                 # Agent-Remote-Id
		1a 0c 00000de9 81 06 000fa000               # Actual-Data-Rate-Upstream
		1a 0c 00000de9 82 06 ffffffff               # Actual-Data-Rate-Downstream
		1a 0b 00000de9 90 05 000106                 # Access-Loop-Encapsulation
		1a 08 00000de9 fe 02                        # IWF-Session
	`))
}

func TestAccessGoldenCHAP(t *testing.T) {
	a := sampleAccess()
	a.Protocol, a.CHAPID = CHAP, 0x16
	a.Challenge, a.Response = unhex("202122232425262728292a2b2c2d2e2f"), unhex("000102030405060708090a0b0c0d0e0f")
	got, err := a.Encode(Try{ID: 7, Authenticator: request, Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	equalBytes(t, got[:20+18+11+19+18], unhex(`
		01 07 00f9 0f403f9473978057bd83d5cb98f4227a
		50 12 e84128fdb5d3cf00012c2ea174a4fab7      # Message-Authenticator
		01 0b 6e656d6f4061636d65                    # User-Name
		03 13 16 000102030405060708090a0b0c0d0e0f   # CHAP-Password
		3c 12 202122232425262728292a2b2c2d2e2f      # CHAP-Challenge
	`))
}

func TestAccessUserPassword(t *testing.T) {
	long := strings.Repeat("arctangent", 13)
	for _, tt := range []struct {
		n    int
		want string
	}{
		{0, "6ccc13f9f2ba74ab5fe2e43f782a0aee"},
		{1, "0dcc13f9f2ba74ab5fe2e43f782a0aee"},
		{10, "0dbe708d93d413ce3196e43f782a0aee"}, // RFC 2865 section 7.1
		{16, "0dbe708d93d413ce3196854d1b5e6b80"},
		{17, "0dbe708d93d413ce3196854d1b5e6b80bf3c7f697e68d4e65bd93d4d81a8994d"},
		{128, "0dbe708d93d413ce3196854d1b5e6b80bf59111d1f1ab7923ab75a28efdcf83f" +
			"d6094e663025471fb68a967e21f7f3194d9cb8e3979514abfb9e7b6401fcff0c" +
			"945517b0e7027a939ee6ceb0e4c168b1abba00fdf048022032bb3d420a3ac1c2" +
			"c79c69e37eae161e245ee629e7b753ef83ee885be8c941197de12d743c7aa0b2"},
	} {
		a := sampleAccess()
		a.Password = []byte(long[:tt.n])
		b, err := a.Encode(Try{Authenticator: request, Secret: secret})
		if err != nil {
			t.Fatal(err)
		}
		p, err := layeh.Parse(b, secret)
		if err != nil {
			t.Fatal(err)
		}
		equalBytes(t, p.Get(rfc2865.UserPassword_Type), unhex(tt.want))
	}
}

func TestAccessRefuses(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Access)
		want   string
	}{
		{"password of 129 octets", func(a *Access) { a.Password = make([]byte, 129) }, "password has 129 octets"},
		{"user of 254 octets", func(a *Access) { a.User = strings.Repeat("x", 254) }, "attribute 1 has 254 octets"},
		{"no protocol", func(a *Access) { a.Protocol = 0 }, "no credentials"},
		{"short response", func(a *Access) {
			a.Protocol, a.Challenge, a.Response = CHAP, []byte{1}, make([]byte, 15)
		}, "response has 15 octets"},
		{"no challenge", func(a *Access) {
			a.Protocol, a.Response = CHAP, make([]byte, 16)
		}, "challenge is empty"},
		{"nobody", func(a *Access) { a.NASIdentifier, a.NASIP = "", netip.Addr{} }, "neither a NAS address"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := sampleAccess()
			tt.change(&a)
			_, err := a.Encode(Try{Secret: secret})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one with %q", err, tt.want)
			}
		})
	}
	a := sampleAccess()
	if _, err := a.Encode(Try{}); err == nil {
		t.Error("without a secret: got no error")
	}
}

func TestAccessOmits(t *testing.T) {
	a := Access{User: "u", Protocol: PAP, NASIP: netip.MustParseAddr("2001:db8::1"), NASPortType: 5}
	b, err := a.Encode(Try{Authenticator: request, Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	p, err := layeh.Parse(b, secret)
	if err != nil {
		t.Fatal(err)
	}
	var types []layeh.Type
	for _, a := range p.Attributes {
		types = append(types, a.Type)
	}
	want := []layeh.Type{80, 1, 2, 95, 5, 61, 6, 7}
	if len(types) != len(want) {
		t.Fatalf("got attributes %v, want %v", types, want)
	}
	for i := range want {
		if types[i] != want[i] {
			t.Fatalf("got attributes %v, want %v", types, want)
		}
	}
	if got := rfc2865.NASPortType_Get(p); got != rfc2865.NASPortType_Value_Virtual {
		t.Errorf("got NAS-Port-Type %v, want Virtual", got)
	}
}

// FuzzAccess checks that whatever a subscriber sends becomes a well-formed
// request, or none.
func FuzzAccess(f *testing.F) {
	f.Add("nemo@acme", []byte("arctangent"), []byte{}, true)
	f.Add("", []byte{}, make([]byte, 16), false)
	f.Fuzz(func(t *testing.T, user string, password, challenge []byte, pap bool) {
		a := sampleAccess()
		a.User, a.Password, a.Challenge, a.Response = user, password, challenge, password
		if !pap {
			a.Protocol = CHAP
		}
		b, err := a.Encode(Try{ID: 1, Authenticator: request, Secret: secret})
		if err != nil {
			return
		}
		p, err := layeh.Parse(b, secret)
		if err != nil {
			t.Fatalf("%x: %v", b, err)
		}
		if got := rfc2865.UserName_GetString(p); got != user {
			t.Errorf("got user %q, want %q", got, user)
		}
		if got := rfc2865.UserPassword_Get(p); pap && !bytes.Equal(bytes.TrimRight(got, "\x00"), bytes.SplitN(password, []byte{0}, 2)[0]) {
			t.Errorf("got password %q, want %q", got, password)
		}
	})
}

func BenchmarkAccessEncode(b *testing.B) {
	a := sampleAccess()
	try := Try{ID: 7, Authenticator: request, Secret: secret}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.Encode(try); err != nil {
			b.Fatal(err)
		}
	}
}

func TestAccessAllocations(t *testing.T) {
	a := sampleAccess()
	try := Try{ID: 7, Authenticator: request, Secret: secret}
	got := testing.AllocsPerRun(100, func() { _, _ = a.Encode(try) })
	if budget := 80.0; got > budget {
		t.Errorf("got %v allocations per Access-Request, want at most %v", got, budget)
	}
}
