package lab

import (
	"slices"
	"strings"
	"testing"
)

func TestWiring(t *testing.T) {
	sc := demoScene()
	all := wiring(&sc)
	byNS := make(map[string]string)
	for _, b := range all {
		byNS[b.ns] = b.commands
	}
	for ns, want := range map[string]string{
		"":       "link add eth2 netns lac address 02:00:00:00:00:02 type veth peer name lac-acc2 netns net\n",
		"net":    "link set s4 master acc2 up\n",
		"lac":    "addr add 10.10.0.1/24 dev core0\n",
		"lns2":   "addr add 10.2.0.1/32 dev lo\n",
		"s7":     "link set eth0 up\n",
		"radius": "link set lo up\n",
	} {
		if !strings.Contains(byNS[ns], want) {
			t.Errorf("namespace %q has no %q in\n%s", ns, want, byNS[ns])
		}
	}
	if all[0].ns != "" {
		t.Error("the namespaces must be made first")
	}
}

func TestCapturesCoverBothAccessPorts(t *testing.T) {
	for _, name := range []string{"access1", "access2", "core", "radius"} {
		if !slices.ContainsFunc(demoScene().captures, func(c capturing) bool { return c.name == name }) {
			t.Errorf("no capture %s", name)
		}
	}
}
