package lab

import (
	"slices"
	"strings"
	"testing"
)

func TestTags(t *testing.T) {
	for _, tt := range []struct {
		vlans        []int
		tags, device string
		commands     []string
	}{
		{nil, "", "eth0", nil},
		{[]int{7}, "7", "eth0.7", []string{"link add link eth0 name eth0.7 type vlan proto 802.1Q id 7", "link set eth0.7 up"}},
		{[]int{100, 200}, "100.200", "eth0.100.200", []string{
			"link add link eth0 name eth0.100 type vlan proto 802.1ad id 100", "link set eth0.100 up",
			"link add link eth0.100 name eth0.100.200 type vlan proto 802.1Q id 200", "link set eth0.100.200 up",
		}},
	} {
		s := &Subscriber{vlans: tt.vlans}
		if s.tags() != tt.tags || s.device() != tt.device || !slices.Equal(s.tagging(), tt.commands) {
			t.Errorf("%v: got %q, %q, %q", tt.vlans, s.tags(), s.device(), s.tagging())
		}
	}
}

func TestWithVLANs(t *testing.T) {
	sc := vlansScene()
	if !strings.Contains(sc.config, "access \"eth1\" {\n  untagged = true\n\n  vlan \"7\" {}\n") {
		t.Errorf("got %s", sc.config)
	}
}
