package capture

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// someSCCRQ is what testdata/sccrq.pcap holds: hidden and vendor AVPs, among them
// one that tshark cannot look into.
var someSCCRQ = []Message{{Frame: 1, AVPs: []AVP{
	{Mandatory: true, Length: 8, Type: 0, Value: []byte{0, 1}},
	{Mandatory: true, Length: 8, Type: 2, Value: []byte{1, 0}},
	{Mandatory: true, Length: 10, Type: 3, Value: []byte{0, 0, 0, 1}},
	{Mandatory: true, Length: 9, Type: 7, Value: []byte("lac")},
	{Mandatory: true, Length: 8, Type: 9, Value: []byte{0, 5}},
	{Mandatory: true, Length: 8, Type: 10, Value: []byte{2, 0}},
	{Length: 10, Type: 8, Value: []byte("lacd")},
	{Mandatory: true, Length: 14, Type: 36, Value: []byte("abcdefgh")},
	{Mandatory: true, Hidden: true, Length: 22, Type: 11, Value: []byte("0123456789abcdef")},
	{Length: 9, Vendor: 3561, Type: 1, Value: []byte("abc")},
	{Hidden: true, Length: 9, Type: 33, Value: []byte("abc")},
}}}

func TestParsePDML(t *testing.T) {
	f, err := os.Open("testdata/sccrq.pdml")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	got, err := parsePDML(f)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(someSCCRQ, got); diff != "" {
		t.Error(diff)
	}
}

func TestParsePDMLErrors(t *testing.T) {
	for _, text := range []string{
		"<pdml><packet>",
		`<pdml><packet><proto name="frame"><field name="frame.number" show="x"/></proto></packet></pdml>`,
		`<pdml><packet><proto name="l2tp"><field value="80"><field name="l2tp.avp.mandatory" show="1"/></field></proto></packet></pdml>`,
		`<pdml><packet><proto name="l2tp"><field value="800800000000"><field name="l2tp.avp.mandatory" show="1"/>` +
			`<field name="l2tp.avp.length" show="x"/></field></proto></packet></pdml>`,
	} {
		if got, err := parsePDML(strings.NewReader(text)); err == nil {
			t.Errorf("%s: got %v, want an error", text, got)
		}
	}
}

func needTshark(t *testing.T) {
	t.Helper()
	if os.Getenv("LACD_TEST_LAB") != "1" {
		t.Skip("runs tshark: set LACD_TEST_LAB=1")
	}
}

func TestControl(t *testing.T) {
	needTshark(t)
	got, err := Control(t.Context(), "testdata/sccrq.pcap", "10.10.0.1", "")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(someSCCRQ, got); diff != "" {
		t.Error(diff)
	}
	if got, err := Control(t.Context(), "testdata/sccrq.pcap", "", "10.10.0.9"); err != nil || len(got) != 0 {
		t.Errorf("another host: got %v, %v", got, err)
	}
	if _, err := Control(t.Context(), "testdata/nonesuch.pcap", "10.10.0.1", ""); err == nil {
		t.Error("no capture: want an error")
	}
}

func TestMalformed(t *testing.T) {
	needTshark(t)
	if got, err := Malformed(t.Context(), "testdata/sccrq.pcap"); err != nil || len(got) != 0 {
		t.Errorf("got %q, %v", got, err)
	}
	b, err := os.ReadFile("testdata/sccrq.pcap")
	if err != nil {
		t.Fatal(err)
	}
	// The length of the first AVP reaches beyond the packet.
	at := strings.Index(string(b), "\x80\x08\x00\x00\x00\x00\x00\x01")
	b[at], b[at+1] = 0x83, 0xff
	path := t.TempDir() + "/bad.pcap"
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	if got, err := Malformed(t.Context(), path); err != nil || len(got) != 1 {
		t.Errorf("got %q, %v, want one line", got, err)
	}
}
