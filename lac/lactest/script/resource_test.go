package script

import (
	"os"
	"testing"
	"time"
)

func TestResources(t *testing.T) {
	if n, err := memoryOf(os.Getpid()); err != nil || n < 1<<20 || n > 1<<34 {
		t.Errorf("this process occupies %d octets: %v", n, err)
	}
	before, err := cpuOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); time.Since(began) < 100*time.Millisecond; {
	}
	after, err := cpuOf(os.Getpid())
	if d := after - before; err != nil || d <= 0 || d > 10*time.Second {
		t.Errorf("it computed for %v: %v", d, err)
	}
	if _, err := memoryOf(-1); err == nil {
		t.Error("there is a process -1")
	}
}
