package main

import (
	"os"
	"testing"
	"time"
)

func TestUsage(t *testing.T) {
	before, err := usageOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if before.rss <= 0 || before.peak < before.rss {
		t.Errorf("%+v", before)
	}
	for x := 1.0; ; x *= 1.1 { // until it has computed something
		after, err := usageOf(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		if after.cpu > before.cpu {
			return
		}
	}
}

func TestUsageOfNobody(t *testing.T) {
	if _, err := usageOf(1 << 30); err == nil {
		t.Error("no error")
	}
}

func TestRanFor(t *testing.T) {
	if got, err := ranFor("123456 7 8\n"); err != nil || got != 123456*time.Nanosecond {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := ranFor(""); err == nil {
		t.Error("no error")
	}
}

func TestKilobytes(t *testing.T) {
	const status = "Name:\tlacd\nVmHWM:\t  2048 kB\nVmRSS:\t    12 kB\n"
	for name, want := range map[string]int64{"VmRSS": 12 << 10, "VmHWM": 2 << 20, "VmPin": 0} {
		if got := kilobytes(status, name); got != want {
			t.Errorf("%s: got %d, want %d", name, got, want)
		}
	}
}
