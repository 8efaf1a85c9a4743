package lab

import (
	"slices"
	"strings"
	"testing"

	"lacd/policy/file"
)

// everyScene calls f with the scene of each script.
func everyScene(t *testing.T, f func(*testing.T, *Lab)) {
	for _, s := range append([]script{demo}, cases...) {
		t.Run(s.name, func(t *testing.T) {
			l, _ := newLab(t)
			l.scene = s.scene()
			f(t, l)
		})
	}
}

func TestScenes(t *testing.T) {
	everyScene(t, func(t *testing.T, l *Lab) {
		seen := make(map[string]bool)
		for _, s := range l.subscribers {
			if seen[s.mac] || seen[s.ns] || seen[s.user] {
				t.Errorf("%s is there twice", s.user)
			}
			seen[s.mac], seen[s.ns], seen[s.user] = true, true, true
			if !slices.ContainsFunc(l.ports, func(p string) bool { return bridgeOf(p) == s.access }) {
				t.Errorf("%s is on %s, where lacd has no port", s.user, s.access)
			}
			if s.good() && l.lns(s.lns).name != s.lns {
				t.Errorf("%s must land on %s, which is not there", s.user, s.lns)
			}
		}
		// The probe of the lab itself.
		_, name, _ := strings.Cut(l.subscribers[0].user, "@")
		i := slices.IndexFunc(l.realms, func(r realm) bool { return r.name == name })
		if i < 0 || l.realms[i].tunnels[0].lns.addr != l.lnses[0].addr || l.subscribers[0].stored == "" {
			t.Errorf("%s does not get a tunnel to %s", l.subscribers[0].user, l.lnses[0].name)
		}
		if n := len(l.ports) + 2; len(l.captures) != n {
			t.Errorf("%d captures, want %d", len(l.captures), n)
		}
	})
}

func TestSceneConfigs(t *testing.T) {
	everyScene(t, func(t *testing.T, l *Lab) {
		text := l.configText("/tmp/lacd")
		f, err := file.Parse("lacd.hcl", []byte(text))
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if len(f.Access) != len(l.ports) || len(f.Policy.Retailers) != len(l.realms) {
			t.Errorf("%d access ports, %d retailers, want %d and %d", len(f.Access), len(f.Policy.Retailers), len(l.ports), len(l.realms))
		}
		if strings.Contains(text, "@DIR@") || strings.Contains(text, "@SOCKET@") {
			t.Error("a blank was left")
		}
	})
}

func TestLNSLookUp(t *testing.T) {
	sc := demoScene()
	if got := sc.lnsAt("10.2.1.7").name; got != "lns2" {
		t.Errorf("10.2.1.7: got %q, want lns2", got)
	}
	if got := sc.lnsAt("10.9.1.7").name + sc.lnsAt("").name + sc.lns("lns9").name; got != "" {
		t.Errorf("got %q, want nothing", got)
	}
	want := []string{"lac", "lns1", "lns2", "s1", "s2", "s3", "s4", "s5", "s6", "s7"}
	if got := sc.namespaces(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
