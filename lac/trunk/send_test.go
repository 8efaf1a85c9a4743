package trunk

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// fussy is a socket that takes three datagrams at a time, and none that is empty.
type fussy struct {
	Socket
	batches [][][]byte
}

func (s *fussy) WriteBatch(ds [][]byte) (int, error) {
	n := min(len(ds), 3)
	if i := slices.IndexFunc(ds[:n], func(d []byte) bool { return len(d) == 0 }); i == 0 {
		return 0, syscall.EMSGSIZE
	} else if i > 0 {
		n = i
	}
	s.batches = append(s.batches, slices.Clone(ds[:n]))
	return n, nil
}

// What is written in a turn leaves in order, together, and at once when it is
// enough; what is refused is said of the peer.
func TestFlush(t *testing.T) {
	var log bytes.Buffer
	sock := &fussy{}
	tun := &Tunnel{
		trunk: New(Config{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}), sock: sock,
		id: 7, peer: netip.MustParseAddrPort("192.0.2.11:1701"),
	}
	for _, s := range []string{"a", "b", "", "c", "d", "e", "f", ""} {
		tun.write([]byte(s))
	}
	if len(sock.batches) != 0 {
		t.Errorf("%q sent before the end of the turn", sock.batches)
	}
	tun.flush()
	tun.flush() // nothing more
	if got, want := fmt.Sprintf("%s", sock.batches), "[[a b] [c d e] [f]]"; got != want {
		t.Errorf("sent %s, want %s", got, want)
	}
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], "tunnel=7 peer=192.0.2.11:1701 err=\"message too long\"") {
		t.Errorf("got %q, want a line for each that was refused", lines)
	}
	sock.batches = nil
	for range batchSize {
		tun.write([]byte("g"))
	}
	if len(tun.out) != 0 || len(sock.batches) == 0 {
		t.Errorf("%d wait, want none", len(tun.out))
	}
}
