package main

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second:             "0s",
		0:                        "0s",
		59*time.Second + 999:     "59s",
		time.Minute:              "1m00s",
		59*time.Minute + 9*1e9:   "59m09s",
		time.Hour:                "1h00m",
		24*time.Hour - 1:         "23h59m",
		24 * time.Hour:           "1d00h",
		1000*time.Hour + 59*60e9: "41d16h",
	} {
		if got := age(d); got != want {
			t.Errorf("%d: got %s, want %s", d, got, want)
		}
	}
}

func TestPrecise(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                       "0µs",
		999 * time.Microsecond:  "999µs",
		1500 * time.Microsecond: "1.5ms",
		300 * time.Millisecond:  "300.0ms",
		3 * time.Second:         "3.00s",
		90 * time.Second:        "1m30s",
	} {
		if got := precise(d); got != want {
			t.Errorf("%d: got %s, want %s", d, got, want)
		}
	}
}

func TestOctets(t *testing.T) {
	for n, want := range map[uint64]string{
		0:              "0B",
		999:            "999B",
		1000:           "1.0kB",
		999_949:        "999.9kB",
		999_950:        "1.0MB",
		1_234_567:      "1.2MB",
		3e9:            "3.0GB",
		math.MaxUint64: "18.4EB",
	} {
		if got := octets(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}

func TestPrintable(t *testing.T) {
	for s, want := range map[string]string{
		"":                 "",
		"bob@acme.example": "bob@acme.example",
		"jürgen müller":    "jürgen müller",
		"a\tb":             `"a\tb"`,
		"\x1b[2J":          `"\x1b[2J"`,
		"\xff":             `"\xff"`,
		"a\u202eb":         `"a\u202eb"`,
	} {
		if got := printable(s); got != want {
			t.Errorf("%q: got %s, want %s", s, got, want)
		}
	}
}

func TestEscaped(t *testing.T) {
	for s, want := range map[string]string{
		"{\n  \"a\": \"jürgen\\n\"}": "{\n  \"a\": \"jürgen\\n\"}",
		"\"\u009b2J\"":               `"\u009b2J"`,
		"\"\u202e\x7f\U000e0001\"":   `"\u202e\u007f\udb40\udc01"`,
		"\"\xff\"":                   `"\ufffd"`,
	} {
		got := escaped([]byte(s))
		if string(got) != want {
			t.Errorf("%q: got %s, want %s", s, got, want)
		}
		var a, b any
		if json.Unmarshal([]byte(s), &a) != nil || json.Unmarshal(got, &b) != nil || !cmp.Equal(a, b) {
			t.Errorf("%q means %v, %s means %v", s, a, got, b)
		}
	}
}

func TestTableAligns(t *testing.T) {
	var b bytes.Buffer
	tab := (&tool{out: &b}).table("A", "LONG")
	tab.row("x", "")
	tab.row("longer", "y")
	tab.end("nothing")
	if got, want := b.String(), "A       LONG\nx       -\nlonger  y\n"; got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}
