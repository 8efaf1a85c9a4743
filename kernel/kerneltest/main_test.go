package kerneltest

import (
	"os"
	"slices"
	"strings"
	"testing"
)

func TestMain(m *testing.M) { Main(m) }

func TestDescriptors(t *testing.T) {
	before := Descriptors()
	f, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	got := subtract(Descriptors(), before)
	if !slices.ContainsFunc(got, func(s string) bool { return strings.HasSuffix(s, " -> /dev/null") }) {
		t.Errorf("got %v, want /dev/null among them", got)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if got := subtract(Descriptors(), before); len(got) > 0 {
		t.Errorf("got %v, want none", got)
	}
}
