package lab

import (
	"os/exec"
	"testing"
)

func TestLNSPPPD(t *testing.T) {
	const addr = "192.0.2.77"
	if pid, err := lnsPPPD(addr); err == nil {
		t.Errorf("got %d, want an error", pid)
	}
	// A shell that waits for input and has the name and arguments of an LNS's pppd.
	cmd := exec.Command("/bin/sh")
	cmd.Args = []string{"/usr/sbin/pppd", "-c", "read x", "passive", "10.1.0.1:" + addr}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = in.Close(), cmd.Wait() }) // read fails: so must the shell
	if pid, err := lnsPPPD(addr); err != nil || pid != cmd.Process.Pid {
		t.Errorf("got %d, %v, want %d", pid, err, cmd.Process.Pid)
	}
}
