package conformance

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lacd/lac/lactest/script"
	"lacd/radius/radiustest"
)

const vendorADSL = 3561

// sub is one sub-tag of the access line tag.
func sub(t byte, v ...byte) []byte { return append([]byte{t, byte(len(v))}, v...) }

func be32(v uint32) []byte { return binary.BigEndian.AppendUint32(nil, v) }
func be64(v uint64) []byte { return binary.BigEndian.AppendUint64(nil, v) }

// lineTag is the access line tag of TR-101.
func lineTag(subs ...[]byte) script.Tag {
	return script.Tag{Type: script.VendorSpecific, Value: append(be32(vendorADSL), bytes.Join(subs, nil)...)}
}

const (
	circuit = "access-node-1 eth 1/2/03:04:100.200"
	remote  = "\x00opaque\xff"
)

// wholeLine is everything an access node can tell. Rates are in kbit/s, and 0x82
// does not fit 32 bits of bit/s.
func wholeLine() script.Tag {
	subs := [][]byte{sub(1, []byte(circuit)...), sub(2, []byte(remote)...)}
	for t := byte(0x81); t <= 0x8e; t++ {
		subs = append(subs, sub(t, be32(uint32(t)*10)...))
	}
	subs[3] = sub(0x82, be32(5_000_000)...)
	return lineTag(append(subs, sub(0x90, 0, 2, 6), sub(0xfe))...)
}

// wholeCall is wholeLine as RFC 5515 has it: rates in 64 bits of bit/s.
func wholeCall() []string {
	want := []string{line(1, []byte(circuit)), line(2, []byte(remote))}
	for t := uint16(0x81); t <= 0x8e; t++ {
		switch v := uint32(t) * 10; {
		case t == 0x82:
			want = append(want, line(t, be64(5_000_000_000)))
		case t <= 0x8a:
			want = append(want, line(t, be64(uint64(v)*1000)))
		default:
			want = append(want, line(t, be32(v)))
		}
	}
	return append(want, line(0x90, []byte{0, 2, 6}), line(0xfe, be32(1)))
}

// wholeAccount is wholeLine as RFC 4679 has it: rates in 32 bits of bit/s, as much
// as they hold, and lengths that count type and length.
func wholeAccount() []string {
	want := []string{line(1, []byte(circuit)), line(2, []byte(remote))}
	for t := uint16(0x81); t <= 0x8e; t++ {
		switch v := uint32(t) * 10; {
		case t == 0x82:
			want = append(want, line(t, be32(math.MaxUint32)))
		case t <= 0x8a:
			want = append(want, line(t, be32(v*1000)))
		default:
			want = append(want, line(t, be32(v)))
		}
	}
	return append(want, line(0x90, []byte{0, 2, 6}), line(0xfe, nil))
}

func line(t uint16, v []byte) string { return fmt.Sprintf("%d=%x", t, v) }

// lineAVPs returns what an ICRQ says about the line. None of it is mandatory.
func lineAVPs(t *testing.T, rq *script.Message) (got []string) {
	t.Helper()
	for _, a := range rq.AVPs {
		if a.Vendor == vendorADSL {
			got = append(got, line(a.Type, a.Value))
		}
		if a.M && (a.Vendor != 0 || a.Type >= 40) {
			t.Errorf("M bit on %v", a)
		}
		if a.Vendor == 0 && a.Type == 98 {
			t.Error("Connect Speed Update Enable: there are no updates")
		}
	}
	return got
}

// lineVSAs returns what a RADIUS packet says about the line (RFC 4679).
func lineVSAs(t *testing.T, raw []byte) (got []string) {
	t.Helper()
	for b := raw[20:]; len(b) > 0; b = b[b[1]:] {
		if b[0] != 26 || binary.BigEndian.Uint32(b[2:]) != vendorADSL {
			continue
		}
		for v := b[6:b[1]]; len(v) > 0; v = v[v[1]:] {
			if v[1] < 2 || int(v[1]) > len(v) {
				t.Fatalf("sub-attribute %d of length %d in % x", v[0], v[1], b[:b[1]])
			}
			got = append(got, line(uint16(v[0]), v[2:v[1]]))
		}
	}
	return got
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s: line attributes (-want +got):\n%s", what, d)
	}
}

// dialLine brings a client with a line to the ICRQ and accounting Start.
func dialLine(rig *script.Rig, c *script.Client, tags ...script.Tag) *script.Call {
	c.Discover(tags...)
	c.OpenLCP(script.CHAP)
	c.SendCHAP(c.AwaitPPP(script.CHAP, script.Challenge), "joe@acme.example", "secret")
	return rig.LNS(0).Open().OpenCall()
}

func radiusServer() *radiustest.Server {
	s := radiustest.New(script.RADIUSSecret)
	s.SetUser("joe@acme.example", radiustest.User{Password: "secret"})
	return s
}

func TestT49_WholeLine(t *testing.T) {
	rig := start(t, script.Config{RADIUS: radiusServer()})
	c := rig.Client()
	call := dialLine(rig, c, wholeLine())
	same(t, "ICRQ", lineAVPs(t, call.RQ), wholeCall())
	if got, want := call.CN.U32(24), uint32(math.MaxUint32); got != want {
		t.Errorf("Tx Connect Speed: got %d, want %d", got, want)
	}
	if got, want := call.CN.U32(38), uint32(0x81*10*1000); got != want {
		t.Errorf("Rx Connect Speed: got %d, want %d", got, want)
	}

	// RFC 4679 section 4: of the rates only the actual ones are in Access-Request.
	rig.AwaitLog("session up")
	access := []string{
		line(1, []byte(circuit)), line(2, []byte(remote)), line(0x81, be32(0x81*10*1000)), line(0x82, be32(math.MaxUint32)),
		line(0x90, []byte{0, 2, 6}), line(0xfe, nil),
	}
	for _, r := range awaitRADIUS(t, rig, 2) {
		if r.Packet.Code == 1 {
			same(t, "Access-Request", lineVSAs(t, r.Raw), access)
		} else {
			same(t, "Accounting-Request", lineVSAs(t, r.Raw), wholeAccount())
		}
	}

	// The line is the network's own business (TR-101 R-116).
	c.HangUp()
	rig.AwaitLog("session down")
	for _, f := range rig.Access.Frames() {
		if bytes.Contains(f.Raw, []byte(circuit)) || f.Type == script.Discovery && len(f.Tag(script.VendorSpecific)) > 0 {
			t.Errorf("%v tells the client its line", f)
		}
	}
}

// awaitRADIUS waits for n requests, Accounting-On aside, and returns them.
func awaitRADIUS(t *testing.T, rig *script.Rig, n int) []radiustest.Request {
	t.Helper()
	for deadline := time.Now().Add(script.Patience); ; time.Sleep(10 * time.Millisecond) {
		all := slices.DeleteFunc(rig.RADIUS.Requests(), func(r radiustest.Request) bool {
			return r.Packet.Code == 4 && radiustest.Status(r.Packet) == 7
		})
		if len(all) >= n {
			return all
		}
		if time.Now().After(deadline) {
			t.Fatalf("RADIUS got %d requests, want %d", len(all), n)
		}
	}
}

func TestT49_Filter(t *testing.T) {
	for name, tc := range map[string]struct {
		lines string
		want  []string
	}{
		"some": {`access_line_attributes = ["circuit_id", "actual_rate_down"]`, []string{line(1, []byte(circuit)), line(0x82, be64(5_000_000_000))}},
		"none": {`access_line = false`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			rig := start(t, script.Config{RADIUS: radiusServer(), Retailer: tc.lines})
			call := dialLine(rig, rig.Client(), wholeLine())
			same(t, "ICRQ", lineAVPs(t, call.RQ), tc.want)
			if got := lineVSAs(t, awaitRADIUS(t, rig, 1)[0].Raw); len(got) == 0 {
				t.Error("RADIUS is told nothing about the line: the filter is for LNSes")
			}
		})
	}
}

func TestT49_NoLine(t *testing.T) {
	rig := start(t, script.Config{RADIUS: radiusServer()})
	call := dialLine(rig, rig.Client(), script.Tag{Type: script.VendorSpecific, Value: append(be32(9), "other"...)})
	same(t, "ICRQ", lineAVPs(t, call.RQ), nil)
	same(t, "Access-Request", lineVSAs(t, awaitRADIUS(t, rig, 1)[0].Raw), nil)
}

func TestT49_IDsOfAnyLength(t *testing.T) {
	for _, n := range []int{1, 2, 63, 64} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			rig := start(t, script.Config{})
			id := []byte(strings.Repeat("\x00\xffx", 22)[:n])
			call := dialLine(rig, rig.Client(), lineTag(sub(1, id...), sub(2, []byte("kept")...)))
			want := []string{line(2, []byte("kept"))}
			if n > 1 && n <= 63 {
				want = append(want, line(1, id))
			}
			same(t, "ICRQ", lineAVPs(t, call.RQ), want)
		})
	}
}

// The value of the PADR counts: it is the one that opens the session.
func TestT49_LineOfPADR(t *testing.T) {
	rig := start(t, script.Config{})
	c := rig.Client()
	cookie := offer(c, request(c, lineTag(sub(1, []byte("of the PADI")...)))...)
	c.Discovery(script.PADR, 0, request(c, cookie, lineTag(sub(1, []byte("of the PADR")...)))...)
	c.Session = c.Expect(script.PADS).Session
	c.OpenLCP(script.CHAP)
	c.SendCHAP(c.AwaitPPP(script.CHAP, script.Challenge), "joe@acme.example", "secret")
	call := rig.LNS(0).Open().AcceptCall()
	same(t, "ICRQ", lineAVPs(t, call.RQ), []string{line(1, []byte("of the PADR"))})
}
