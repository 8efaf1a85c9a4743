package wire

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	goldenTags = []byte{
		0x01, 0x01, 0x00, 0x00, // Service-Name, any
		0x01, 0x03, 0x00, 0x03, 'a', 0x00, 'b', // Host-Uniq
		0x01, 0x20, 0x00, 0x02, 0x05, 0xdc, // PPP-Max-Payload 1500
		0x09, 0x99, 0x00, 0x01, 0xff, // unknown
	}
	wantTags = []Tag{
		{ServiceName, []byte{}},
		{HostUniq, []byte("a\x00b")},
		{PPPMaxPayload, []byte{0x05, 0xdc}},
		{0x0999, []byte{0xff}},
	}
)

// collect returns the tags before an error, and the error.
func collect(b []byte) (tags []Tag, err error) {
	for tag, err := range Tags(b) {
		if err != nil {
			return tags, err
		}
		tags = append(tags, tag)
	}
	return tags, nil
}

func TestTagsGolden(t *testing.T) {
	got, err := collect(goldenTags)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wantTags, got); diff != "" {
		t.Errorf("Tags (-want +got):\n%s", diff)
	}
	var b []byte
	for _, tag := range wantTags {
		b = AppendTag(b, tag.Type, tag.Value)
	}
	if diff := cmp.Diff(goldenTags, b); diff != "" {
		t.Errorf("AppendTag (-want +got):\n%s", diff)
	}
}

func TestTagsPrefixes(t *testing.T) {
	whole := []int{0, 4, 11, 17, 22} // where a tag ends
	for n := range len(goldenTags) {
		got, err := collect(goldenTags[:n])
		if i := slices.Index(whole, n); i >= 0 {
			if err != nil || len(got) != i {
				t.Errorf("first %d octets: got %d tags, %v, want %d", n, len(got), err, i)
			}
		} else if !errors.Is(err, ErrShort) {
			t.Errorf("first %d octets: got %v, want %v", n, err, ErrShort)
		}
	}
}

func TestTagsEnd(t *testing.T) {
	tests := []struct {
		name  string
		bytes []byte
		tags  int
		err   error
	}{
		{"empty", nil, 0, nil},
		{"End-Of-List", []byte{0x01, 0x01, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff}, 1, nil},
		{"End-Of-List with a value", []byte{0, 0, 0, 1, 0xaa, 0x01, 0x01, 0, 0}, 0, nil},
		{"End-Of-List that overruns", []byte{0, 0, 0, 1}, 0, ErrShort},
		{"overrun by one", []byte{0x01, 0x01, 0, 0, 0x01, 0x03, 0, 2, 0xaa}, 1, ErrShort},
		{"longest length", []byte{0x01, 0x01, 0xff, 0xff, 0xaa}, 0, ErrShort},
	}
	for _, tt := range tests {
		got, err := collect(tt.bytes)
		if len(got) != tt.tags || !errors.Is(err, tt.err) {
			t.Errorf("%s: got %d tags, %v, want %d, %v", tt.name, len(got), err, tt.tags, tt.err)
		}
	}
}

func TestTagsAgain(t *testing.T) {
	seq := Tags(goldenTags)
	for _, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	n := 0
	for _, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != len(wantTags) {
		t.Errorf("second walk: got %d tags, want %d", n, len(wantTags))
	}
}

func FuzzTags(f *testing.F) {
	f.Add(goldenTags)
	f.Add([]byte{0x01, 0x01, 0, 0, 0, 0, 0, 0, 0xff})
	f.Add([]byte{0x01, 0x03, 0, 2, 0xaa})
	f.Fuzz(func(t *testing.T, b []byte) {
		tags, err := collect(b)
		var again []byte
		for _, tag := range tags {
			again = AppendTag(again, tag.Type, tag.Value)
		}
		if !bytes.HasPrefix(b, again) {
			t.Fatalf("append: got %x, want the start of %x", again, b)
		}
		if err == nil && len(again) < len(b) && (b[len(again)] != 0 || b[len(again)+1] != 0) {
			t.Fatalf("stopped before %x without error", b[len(again):])
		}
	})
}

func TestTagsAllocs(t *testing.T) {
	octets := 0
	n := testing.AllocsPerRun(100, func() {
		for tag, err := range Tags(goldenTags) {
			if err != nil {
				t.Fatal(err)
			}
			octets += len(tag.Value)
		}
	})
	if n != 0 || octets == 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
}

func BenchmarkTags(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		for _, err := range Tags(goldenTags) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}
