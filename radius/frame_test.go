package radius

import (
	"bytes"
	"errors"
	"testing"
)

func TestCutPacket(t *testing.T) {
	least := append(unhex("02 07 0014"), make([]byte, 16)...)
	most := append(unhex("02 07 1000"), make([]byte, 4092)...)
	for _, tt := range []struct {
		name         string
		b            []byte
		packet, rest int
		err          error
	}{
		{"nothing", nil, 0, 0, nil},
		{"no length yet", least[:3], 0, 3, nil},
		{"an octet short", least[:19], 0, 19, nil},
		{"the shortest", least, 20, 0, nil},
		{"two", append(bytes.Clone(least), least...), 20, 20, nil},
		{"one and a half", append(bytes.Clone(least), least[:10]...), 20, 10, nil},
		{"the longest", most, 4096, 0, nil},
		{"the longest, an octet short", most[:4095], 0, 4095, nil},
		{"Length 19", unhex("02 07 0013"), 0, 0, ErrFrame},
		{"Length 0", unhex("02 07 0000"), 0, 0, ErrFrame},
		{"Length 4097", unhex("02 07 1001"), 0, 0, ErrFrame},
		{"text", []byte("HTTP/1.1 400 Bad Request"), 0, 0, ErrFrame},
	} {
		t.Run(tt.name, func(t *testing.T) {
			packet, rest, err := CutPacket(tt.b)
			if len(packet) != tt.packet || len(rest) != tt.rest || !errors.Is(err, tt.err) {
				t.Errorf("got %d octets, %d left, %v, want %d, %d, %v", len(packet), len(rest), err, tt.packet, tt.rest, tt.err)
			}
		})
	}
}

// FuzzCutPacket feeds a stream in pieces. What is cut, put together, is the
// stream, however it was cut up on the way; the buffer stays bounded.
func FuzzCutPacket(f *testing.F) {
	least := append(unhex("02 07 0014"), make([]byte, 16)...)
	f.Add(append(bytes.Clone(least), least...), uint8(1))
	f.Add(append(bytes.Clone(least), 2, 7, 0, 19), uint8(7))
	f.Add([]byte("HTTP/1.1 400 Bad Request\r\n"), uint8(255))
	f.Fuzz(func(t *testing.T, stream []byte, piece uint8) {
		var buf, seen []byte
		for left := stream; len(left) > 0; {
			n := min(len(left), int(piece)+1)
			buf, left = append(buf, left[:n]...), left[n:]
			for {
				packet, rest, err := CutPacket(buf)
				if err != nil {
					if !bytes.HasPrefix(stream, seen) {
						t.Fatal("octets were changed")
					}
					return
				}
				if packet == nil {
					break
				}
				if _, ok := Trim(packet); !ok {
					t.Fatalf("%d octets with another Length were cut", len(packet))
				}
				seen, buf = append(seen, packet...), rest
			}
			if len(buf) >= maxPacket {
				t.Fatalf("%d octets wait for their end", len(buf))
			}
		}
		if !bytes.Equal(append(seen, buf...), stream) {
			t.Error("what was cut is not the stream")
		}
	})
}
