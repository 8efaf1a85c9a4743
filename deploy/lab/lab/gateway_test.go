package lab

import (
	"strings"
	"testing"
)

func TestPlainConfig(t *testing.T) {
	got := plainConfig(&scene{ports: []string{"eth1", "eth2"}, realms: []realm{{name: "a.example"}}})
	for _, want := range []string{
		"access \"eth1\" {}\naccess \"eth2\" {}\n",
		"retailer \"a\" {\n  realms = [\"a.example\"]\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}
