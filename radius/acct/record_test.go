package acct

import (
	"bytes"
	"encoding/hex"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2865"

	"lacd/pppoe/wire"
	"lacd/radius"
)

var (
	secret = []byte("xyzzy5461")
	event  = time.Unix(1_700_000_000, 0)
)

func unhex(s string) []byte {
	var clean strings.Builder
	for line := range strings.Lines(s) {
		line, _, _ = strings.Cut(line, "#")
		clean.WriteString(strings.Join(strings.Fields(line), ""))
	}
	b, err := hex.DecodeString(clean.String())
	if err != nil {
		panic(err)
	}
	return b
}

func sample(s Status) *Record {
	l := &wire.Line{CircuitID: "dslam1"}
	l.SetNumber(wire.MinRateUp, 512)
	l.SetNumber(wire.ActualDelayUp, 9)
	return &Record{
		Status: s, Session: "00a1b2c3", User: "nemo@acme", Class: [][]byte{[]byte("one"), []byte("\x00two")},
		NASIdentifier: "lac1", NASIP: netip.MustParseAddr("192.0.2.1"), NASPort: 7, NASPortID: "eth1:100.200",
		CallingStation: "02:00:00:00:00:01", CalledStation: "internet", Line: l,
		Tunnel: Tunnel{
			Client: "192.0.2.1", Server: "192.0.2.9", Assignment: "\x01as", PrivateGroup: "grp",
			ClientAuthID: "lac1", ServerAuthID: "lns1", Connection: "17-4711",
		},
		Authentic:   ByRADIUS,
		Counters:    Counters{InOctets: 1<<32 | 5, OutOctets: 2<<32 | 6, InPackets: 7, OutPackets: 8},
		SessionTime: 61*time.Second + 900*time.Millisecond, TerminateCause: 5, EventTime: event,
	}
}

func encode(t *testing.T, r *Record, age time.Duration) []byte {
	t.Helper()
	b, err := r.Encode(radius.Try{Now: event.Add(age), ID: 9, Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	if !layeh.IsAuthenticRequest(b, secret) {
		t.Error("the Request Authenticator is wrong")
	}
	return b
}

// The Request Authenticator was computed by an independent program.
func TestRecordGoldenStop(t *testing.T) {
	got := encode(t, sample(Stop), 3500*time.Millisecond)
	want := unhex(`
		04                                          # Code Accounting-Request
		09                                          # Identifier
		0133                                        # Length
		55b3e9ddf10a30dba1e1409c9b3bf495            # Request Authenticator
		28 06 00000002                              # Acct-Status-Type Stop
		2c 0a 3030613162326333                      # Acct-Session-Id
		29 06 00000003                              # Acct-Delay-Time
		37 06 6553f100                              # Event-Timestamp
		04 06 c0000201                              # NAS-IP-Address
		20 06 6c616331                              # NAS-Identifier
		01 0b 6e656d6f4061636d65                    # User-Name
		05 06 00000007                              # NAS-Port
		3d 06 0000000f                              # NAS-Port-Type Ethernet
		57 0e 657468313a3130302e323030              # NAS-Port-Id
		06 06 00000002                              # Service-Type Framed
		07 06 00000001                              # Framed-Protocol PPP
		1e 0a 696e7465726e6574                      # Called-Station-Id
		1f 13 30323a30303a30303a30303a30303a3031    # Calling-Station-Id
		2d 06 00000001                              # Acct-Authentic RADIUS
		19 05 6f6e65                                # Class
		19 06 0074776f                              # Class
		1a 0e 00000de9 01 08 64736c616d31           # Agent-Circuit-Id
		1a 0c 00000de9 83 06 0007d000               # Minimum-Data-Rate-Upstream
		1a 0c 00000de9 8c 06 00000009               # Actual-Interleaving-Delay-Upstream
		40 06 00 000003                             # Tunnel-Type L2TP
		41 06 00 000001                             # Tunnel-Medium-Type IPv4
		42 0b 3139322e302e322e31                    # Tunnel-Client-Endpoint
		43 0b 3139322e302e322e39                    # Tunnel-Server-Endpoint
		44 09 31372d34373131                        # Acct-Tunnel-Connection
		51 05 677270                                # Tunnel-Private-Group-ID
		52 06 00 016173                             # Tunnel-Assignment-ID, tag 0 before an octet like a tag
		5a 06 6c616331                              # Tunnel-Client-Auth-ID
		5b 06 6c6e7331                              # Tunnel-Server-Auth-ID
		2a 06 00000005                              # Acct-Input-Octets
		2b 06 00000006                              # Acct-Output-Octets
		34 06 00000001                              # Acct-Input-Gigawords
		35 06 00000002                              # Acct-Output-Gigawords
		2f 06 00000007                              # Acct-Input-Packets
		30 06 00000008                              # Acct-Output-Packets
		2e 06 0000003d                              # Acct-Session-Time
		31 06 00000005                              # Acct-Terminate-Cause
	`)
	if !bytes.Equal(got, want) {
		t.Errorf("got  %x\nwant %x", got, want)
	}
}

func types(t *testing.T, b []byte) []layeh.Type {
	t.Helper()
	p, err := layeh.Parse(b, secret)
	if err != nil {
		t.Fatal(err)
	}
	var all []layeh.Type
	for _, a := range p.Attributes {
		all = append(all, a.Type)
	}
	return all
}

// kinds is every kind of record.
var kinds = []Status{Start, Stop, Interim, On, Off, TunnelStart, TunnelStop, TunnelReject, LinkStart, LinkStop, LinkReject}

// Which attributes go with which record, and which never (RFC 2866 section
// 4.1, RFC 2867 sections 3 and 5).
func TestRecordAttributes(t *testing.T) {
	usage := []layeh.Type{42, 43, 46, 47, 48, 52, 53}
	session := []layeh.Type{5, 6, 7, 25, 45, 61}
	tunnel := []layeh.Type{1, 64, 65, 66, 67, 68, 81, 82, 90, 91}
	never := []layeh.Type{2, 3, 18, 24, 69, 83, 60, 80}
	for _, s := range kinds {
		stored := parsed(t, sample(s))
		for _, got := range [][]layeh.Type{types(t, encode(t, sample(s), 0)), stored} {
			if got == nil {
				continue // of the NAS: not stored
			}
			nas := s == On || s == Off
			ofTunnel := s == TunnelStart || s == TunnelStop || s == TunnelReject
			for _, a := range []struct {
				types []layeh.Type
				want  bool
			}{
				{[]layeh.Type{4, 32, 40, 41, 44, 55}, true},
				{session, !nas && !ofTunnel},
				{tunnel, !nas},
				{usage, s == Interim || s == Stop || s == TunnelStop || s == LinkStop},
				{[]layeh.Type{49}, s == Stop || s == TunnelStop || s == LinkStop || s == TunnelReject || s == LinkReject},
				{never, false},
			} {
				for _, typ := range a.types {
					if slices.Contains(got, typ) != a.want {
						t.Errorf("%v: attribute %d is there: %v, want %v", s, typ, !a.want, a.want)
					}
				}
			}
		}
	}
}

// parsed returns the attributes of a record that was stored and read back.
func parsed(t *testing.T, r *Record) []layeh.Type {
	t.Helper()
	b, err := r.AppendTo(nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err = ParseRecord(b)
	if err != nil {
		return nil
	}
	return types(t, encode(t, r, 0))
}

func TestRecordSession(t *testing.T) {
	for _, s := range []Status{Start, Interim, Stop} {
		r := sample(s)
		r.Session = ""
		if _, err := r.Encode(radius.Try{Secret: secret}); err == nil {
			t.Errorf("%v without a session: got no error", s)
		}
	}
	r := sample(On)
	r.Session = ""
	b := encode(t, r, 0)
	if want := []byte("on-6553f100"); !bytes.Contains(b, want) {
		t.Errorf("got %x, want the session id %q", b, want)
	}
}

func TestRecordNoTunnel(t *testing.T) {
	r := sample(Stop)
	r.Tunnel.Server = ""
	for _, typ := range types(t, encode(t, r, 0)) {
		if typ >= 64 && typ <= 68 || typ >= 81 && typ <= 91 && typ != 87 {
			t.Errorf("attribute %d without a tunnel", typ)
		}
	}
}

// Acct-Delay-Time is the age of the event; one from the future has none.
func TestRecordDelay(t *testing.T) {
	a, b := encode(t, sample(Start), 0), encode(t, sample(Start), 90*time.Second)
	if cmp.Equal(a[4:20], b[4:20]) {
		t.Error("another Acct-Delay-Time has the same authenticator")
	}
	if !bytes.Contains(b, unhex("29 06 0000005a")) {
		t.Errorf("got %x, want a delay of 90", b)
	}
	if c := encode(t, sample(Start), -time.Hour); !bytes.Contains(c, unhex("29 06 00000000")) {
		t.Errorf("got %x, want no delay", c)
	}
}

func TestRecordRefuses(t *testing.T) {
	r := sample(Start)
	if _, err := r.Encode(radius.Try{}); err == nil {
		t.Error("without a secret: got no error")
	}
	r.Session = ""
	if _, err := r.Encode(radius.Try{Secret: secret}); err == nil {
		t.Error("without a session: got no error")
	}
}

// TestRecordOfLongNames: a subscriber does not escape accounting by what it
// calls itself.
func TestRecordOfLongNames(t *testing.T) {
	r := sample(Stop)
	long := strings.Repeat("x", 1400)
	r.User, r.CallingStation, r.CalledStation, r.NASPortID = long, long, long, long
	p, err := layeh.Parse(encode(t, r, 0), secret)
	if err != nil {
		t.Fatal(err)
	}
	if got := rfc2865.UserName_GetString(p); got != long[:253] {
		t.Errorf("User-Name of %d octets, want 253", len(got))
	}
}

func TestStatusString(t *testing.T) {
	if got, want := Status(99).String(), "status-99"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzRecord(f *testing.F) {
	f.Add(uint8(2), "00a1b2c3", "nemo", "192.0.2.9", "\x01as", []byte("class"), uint64(1<<32), int64(1))
	f.Fuzz(func(t *testing.T, status uint8, session, user, server, assignment string, class []byte, octets uint64, age int64) {
		r := sample(Status(status))
		r.Session, r.User, r.Class = session, user, [][]byte{class}
		r.Tunnel.Server, r.Tunnel.Assignment, r.Counters.InOctets = server, assignment, octets
		b, err := r.Encode(radius.Try{Now: event.Add(time.Duration(age)), Secret: secret})
		if err != nil {
			return
		}
		if _, err := layeh.Parse(b, secret); err != nil || !layeh.IsAuthenticRequest(b, secret) {
			t.Errorf("%x: %v", b, err)
		}
	})
}

func BenchmarkRecordEncode(b *testing.B) {
	r, try := sample(Stop), radius.Try{Now: event, ID: 9, Secret: secret}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Encode(try); err != nil {
			b.Fatal(err)
		}
	}
}
