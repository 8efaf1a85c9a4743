package script

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	layeh "layeh.com/radius"
)

func TestAttribute(t *testing.T) {
	for _, tc := range []struct {
		att  Attribute
		want string
	}{
		{AttText(UserName, "joe"), "01056a6f65"},
		{AttU32(SessionTimeout, 60), "1b060000003c"},
		{Att(Class), "1902"},
		{AttRaw(200, 1), "c801"},
		{Attribute{Type: 200, Length: 9, Value: []byte{1}}, "c80901"},
		{Tagged(TunnelServerEndpoint, 0x1f, "a"), "43041f61"},
		{TaggedU24(TunnelPreference, 2, 0x010203), "530602010203"},
		{VSA(9, 1, 'x'), "1a0900000009010378"},
	} {
		if got := hex.EncodeToString(tc.att.append(nil, "secret", make([]byte, 16))); got != tc.want {
			t.Errorf("%v: got %s, want %s", tc.att, got, tc.want)
		}
	}
	if got := L2TPTo(3, "192.0.2.1", AttText(Class, "c")); len(got) != 4 || got[3].Type != Class || got[0].Value[0] != 3 {
		t.Errorf("got %v", got)
	}
}

// Another implementation reads what Hidden makes.
func TestHidden(t *testing.T) {
	authenticator := []byte("0123456789abcdef")
	for _, n := range []int{0, 1, 14, 15, 16, 31, 47, 200} {
		password := strings.Repeat("p", n)
		b := Hidden(7, 0x8203, password).append(nil, "xyzzy5461", authenticator)
		if b[0] != TunnelPassword || int(b[1]) != len(b) || b[2] != 7 || n > 4 && bytes.Contains(b, []byte(password)) {
			t.Errorf("%d octets: got % x", n, b)
		}
		plain, salt, err := layeh.TunnelPassword(b[3:], []byte("xyzzy5461"), authenticator)
		if err != nil || string(plain) != password || !bytes.Equal(salt, []byte{0x82, 3}) {
			t.Errorf("%d octets: got %q with salt % x, %v", n, plain, salt, err)
		}
	}
	b := HiddenRaw(0, 0x8000, 200, 'x').append(nil, "xyzzy5461", authenticator)
	if _, _, err := layeh.TunnelPassword(b[3:], []byte("xyzzy5461"), authenticator); err == nil {
		t.Error("a Data-Length beyond the block, and no error")
	}
}
