package ppptest

import (
	"encoding/hex"
	"testing"

	"lacd/pppoe/ppp"
)

// TestRoundTrip writes frames and has them described.
func TestRoundTrip(t *testing.T) {
	for _, words := range []string{
		"LCP Configure-Request id=1",
		"LCP Configure-Request id=255 mru=1492 accm=0xffffffff auth=PAP quality=0xc02500000064 magic=0x0a0b0c0d pfc acfc fcs=0x02 callback=0x06 mrru=1500 ssnhf endpoint=0x00 opt42=0x0102 opt43",
		"LCP Configure-Nak id=1 auth=CHAP-MD5",
		"LCP Configure-Ack id=1 auth=MS-CHAP auth=MS-CHAPv2 auth=EAP opt3=0xc12301",
		"LCP Configure-Reject id=1 opt1=0x05 opt1",
		`LCP Terminate-Request id=2 text="so long, \"friend\" "`,
		"LCP Terminate-Ack id=2",
		"LCP Code-Reject id=3 packet=0x20010004",
		"LCP Protocol-Reject id=4 protocol=CHAP data=0x01",
		"LCP Echo-Request id=5 magic=0x0a0b0c0d data=0xcafe",
		`LCP Identification id=6 magic=0x00000000 text="CPE 1.0"`,
		"LCP code-32 id=7 data=0x00",
		"PAP Authenticate-Ack id=8",
		`PAP Authenticate-Nak id=8 text="no"`,
		`CHAP Challenge id=9 value=0x0102 name="lac \xff"`,
		`CHAP Failure id=9 text="no"`,
	} {
		f, err := Frame(words)
		if err != nil {
			t.Errorf("%s: %v", words, err)
			continue
		}
		if got := ppp.Describe(f); got != words {
			t.Errorf("\ngot  %s\nwant %s", got, words)
		}
	}
}

func TestSecrets(t *testing.T) {
	for words, want := range map[string]string{
		`PAP Authenticate-Request id=1 name="joe" password="pw"`: "c0230101000b036a6f65027077",
		`CHAP Response id=1 value=0x0102 name="joe"`:             "c2230201000a0201026a6f65",
		"raw 0x8021": "8021",
	} {
		f, err := Frame(words)
		if got := hex.EncodeToString(f); err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", words, got, err, want)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, words := range []string{
		"", "LCP", "raw", "raw 12", "raw 0x1", "IPCP Configure-Request id=1",
		"LCP Nonsense id=1", "LCP code-256 id=1", "LCP Configure-Request id=256", "LCP Configure-Request 1",
		"LCP Configure-Request id=1 mru=70000", "LCP Configure-Request id=1 nonsense", "LCP Configure-Request id=1 opt1=5",
		"LCP Echo-Request id=1 data=xx", `LCP Terminate-Request id=1 text="`,
	} {
		if f, err := Frame(words); err == nil {
			t.Errorf("%q: got %x, want an error", words, f)
		}
	}
}
