package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRaddb(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "raddb")
	if err := writeRaddb(dir); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "radiusd.conf"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"ipaddr = " + gatewayAddr + "\n", "secret = \"" + radiusSecret + "\"\n", "ipaddr = " + radiusAddr + "\n"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("there is no %q", want)
		}
	}
	if strings.Contains(string(text), "@") {
		t.Errorf("a place is left open:\n%s", text)
	}
}
