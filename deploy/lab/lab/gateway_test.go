package lab

import (
	"strings"
	"testing"

	"lacd/policy/file"
)

func TestConfigIsAccepted(t *testing.T) {
	l, _ := newLab(t)
	f, err := file.Parse("lacd.hcl", []byte(l.configText("/tmp/lacd")))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Access) != 2 || len(f.Policy.Retailers) != 2 {
		t.Errorf("%d access ports, %d retailers, want 2 and 2", len(f.Access), len(f.Policy.Retailers))
	}
	if strings.Contains(l.configText("/tmp/lacd"), "@DIR@") {
		t.Error("a blank was left")
	}
}
