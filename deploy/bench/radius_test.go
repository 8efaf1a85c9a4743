package main

import (
	"path/filepath"
	"testing"
)

func TestFreeRADIUS(t *testing.T) {
	c := freeRADIUS(filepath.Join(t.TempDir(), "raddb"))
	if err := c.Write(); err != nil {
		t.Fatal(err)
	}
	if want := "DEFAULT Cleartext-Password := \"lacsim\"\n"; c.Users != want {
		t.Errorf("users: got %q, want %q", c.Users, want)
	}
}
