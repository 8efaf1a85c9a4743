package script

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// Memory returns how many octets of memory the gateway occupies now (RSS).
func (r *Rig) Memory() int {
	r.t.Helper()
	n, err := memoryOf(r.proc.cmd.Process.Pid)
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}

// CPU returns how long the gateway has computed so far.
func (r *Rig) CPU() time.Duration {
	r.t.Helper()
	d, err := cpuOf(r.proc.cmd.Process.Pid)
	if err != nil {
		r.t.Fatal(err)
	}
	return d
}

// memoryOf reads VmRSS of proc(5).
func memoryOf(pid int) (int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, ok := bytes.Cut(status, []byte("\nVmRSS:"))
	words := bytes.Fields(rest)
	if !ok || len(words) < 2 || string(words[1]) != "kB" {
		return 0, fmt.Errorf("process %d: no VmRSS", pid)
	}
	kB, err := strconv.Atoi(string(words[0]))
	return kB << 10, err
}

// cpuOf reads utime and stime of proc(5), which are in hundredths of a second.
func cpuOf(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The second field is a name in parentheses; utime and stime are 14 and 15.
	words := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(words) < 13 {
		return 0, fmt.Errorf("process %d: %d words in stat", pid, len(words))
	}
	var ticks time.Duration
	for _, w := range words[11:13] {
		n, err := strconv.Atoi(string(w))
		if err != nil {
			return 0, err
		}
		ticks += time.Duration(n)
	}
	return ticks * 10 * time.Millisecond, nil
}

// SendAll sends frames as they are, at once, and does not keep them for the
// capture. It is for floods.
func (s *Segment) SendAll(frames [][]byte) {
	if err := s.port.WriteBatch(frames); err != nil {
		s.t.Errorf("send on the access port: %v", err)
	}
}
