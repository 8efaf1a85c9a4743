package lab

import (
	"errors"
	"os"
	"testing"
)

func TestWithin(t *testing.T) {
	want := errors.New("mine")
	if err := within("", func() error { return want }); !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
	ran := false
	if err := within("no-such-namespace", func() error { ran = true; return nil }); !errors.Is(err, os.ErrNotExist) || ran {
		t.Errorf("got %v, ran %v, want no such file", err, ran)
	}
}

func TestKernelText(t *testing.T) {
	if _, err := kernelText(""); err != nil {
		t.Error(err)
	}
	if _, err := kernelText("no-such-namespace"); err == nil {
		t.Error("want an error")
	}
}

func TestReceiveDirectly(t *testing.T) {
	if err := receiveDirectly("", "no-such-dev"); err == nil {
		t.Error("want an error")
	}
}

func TestChecksums(t *testing.T) {
	if err := checksums("", "no-such-dev"); err == nil {
		t.Error("want an error")
	}
}
