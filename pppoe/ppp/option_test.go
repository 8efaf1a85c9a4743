package ppp

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// collect returns all options, or the first error.
func collect(b []byte) ([]Option, error) {
	var all []Option
	for o, err := range Options(b) {
		if err != nil {
			return all, err
		}
		all = append(all, o)
	}
	return all, nil
}

func TestOptionsGolden(t *testing.T) {
	b := []byte{
		0x01, 0x04, 0x05, 0xdc, // Maximum-Receive-Unit
		0x07, 0x02, // Protocol-Field-Compression
		0x13, 0x09, 0x03, 2, 0, 0, 0, 0, 1, // Endpoint Discriminator: class, address
	}
	want := []Option{
		{OptMRU, []byte{0x05, 0xdc}},
		{OptPFC, []byte{}},
		{OptEndpoint, []byte{3, 2, 0, 0, 0, 0, 1}},
	}
	got, err := collect(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var again []byte
	for _, o := range got {
		again = o.AppendTo(again)
	}
	if diff := cmp.Diff(b, again); diff != "" {
		t.Errorf("AppendTo (-want +got):\n%s", diff)
	}
}

func TestOptionsErrors(t *testing.T) {
	tests := []struct {
		b    []byte
		n    int // options before the error
		want error
	}{
		{[]byte{1}, 0, ErrShort},
		{[]byte{1, 0}, 0, ErrLength},
		{[]byte{1, 1}, 0, ErrLength},
		{[]byte{1, 4, 5}, 0, ErrLength},
		{[]byte{7, 2, 1, 4, 5}, 1, ErrLength},
	}
	for _, tt := range tests {
		got, err := collect(tt.b)
		if !errors.Is(err, tt.want) || len(got) != tt.n {
			t.Errorf("%x: got %v, %v, want %d options and %v", tt.b, got, err, tt.n, tt.want)
		}
		if validOptions(tt.b) {
			t.Errorf("%x: validOptions is true", tt.b)
		}
	}
}

func TestOptionsPrefixes(t *testing.T) {
	b := Option{OptMagic, []byte{1, 2, 3, 4}}.AppendTo(nil)
	for n := 1; n < len(b); n++ {
		if _, err := collect(b[:n]); err == nil {
			t.Errorf("prefix of %d octets: no error", n)
		}
	}
}

func TestOptionsStop(t *testing.T) {
	n := 0
	for _, err := range Options([]byte{7, 2, 8, 2}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		break
	}
	if n != 1 {
		t.Errorf("got %d options, want to stop after 1", n)
	}
}

func TestAuthProtocol(t *testing.T) {
	tests := []struct {
		value []byte
		want  Protocol
	}{
		{nil, 0},
		{[]byte{0xc0}, 0},
		{[]byte{0xc0, 0x23}, PAP},
		{[]byte{0xc0, 0x23, 1}, 0},
		{[]byte{0xc2, 0x23}, 0},
		{[]byte{0xc2, 0x23, 5}, CHAP},
		{[]byte{0xc2, 0x23, 0x81}, 0},
		{[]byte{0xc2, 0x27}, 0},
	}
	for _, tt := range tests {
		if got := authProtocol(tt.value); got != tt.want {
			t.Errorf("authProtocol(%x) = %v, want %v", tt.value, got, tt.want)
		}
	}
}

func FuzzOptions(f *testing.F) {
	f.Add(goldenRequest[6:])
	f.Add([]byte{1, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		first, err := collect(b)
		if (err == nil) != validOptions(b) {
			t.Errorf("validOptions disagrees with %v", err)
		}
		var again []byte
		for _, o := range first {
			again = o.AppendTo(again)
		}
		if err == nil && string(again) != string(b) {
			t.Errorf("got %x, want %x", again, b)
		}
		second, err := collect(again)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first, second); diff != "" {
			t.Errorf("not stable (-first +second):\n%s", diff)
		}
	})
}
