package lab

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A program in lacsim's place is given what lacsim is, and its result is read.
func TestSim(t *testing.T) {
	l, _ := newLab(t)
	l.bin, l.dir = t.TempDir(), t.TempDir()
	script := "#!/bin/sh\necho lacsim: ready\necho '{\"seconds\": 3, \"clients\": {\"up\": 5}}'\nprintf '%s ' \"$@\" >" + l.dir + "/args\n"
	if err := os.WriteFile(filepath.Join(l.bin, "lacsim"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	p, err := l.startSim(t.Context(), "crowd", "", map[string]string{"-password-file": "sesame"}, "-n", "5")
	if err != nil {
		t.Fatal(err)
	}
	if l.proc("crowd") != p || l.proc("other") != nil {
		t.Error("it is not found by its name")
	}
	rep, err := p.simulated(false, 10*time.Second)
	if err != nil || rep.Seconds != 3 || rep.Clients.Up != 5 {
		t.Errorf("got %+v, %v", rep, err)
	}
	args, err := os.ReadFile(filepath.Join(l.dir, "args"))
	if err != nil || !strings.Contains(string(args), "-n 5 -password-file "+l.dir) || strings.Contains(string(args), "sesame") {
		t.Errorf("arguments %s, %v", args, err)
	}
}

func TestSimSaysNothing(t *testing.T) {
	l, _ := newLab(t)
	p, err := l.start("mute", "", "echo", "nothing to read")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.simulated(false, 10*time.Second); err == nil || !strings.Contains(err.Error(), "nothing to read") {
		t.Errorf("got %v", err)
	}
}
