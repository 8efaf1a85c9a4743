package lab

import "testing"

func TestSubscribers(t *testing.T) {
	sc := demoScene()
	good := make(map[string]int) // by what must be covered
	seen := make(map[string]bool)
	for _, s := range sc.subscribers {
		if seen[s.mac] || seen[s.ns] || seen[s.user] {
			t.Errorf("%s is there twice", s.user)
		}
		seen[s.mac], seen[s.ns], seen[s.user] = true, true, true
		if !s.good() {
			good["refused"]++
			continue
		}
		if s.password != s.stored || sc.lns(s.lns).name != s.lns {
			t.Errorf("%s cannot come up", s.user)
		}
		good[s.lns]++
		good[s.access]++
		good[s.protocol()]++
	}
	for what, want := range map[string]int{"refused": 2, "lns1": 3, "lns2": 2, "acc1": 3, "acc2": 2, "PAP": 2, "CHAP": 3} {
		if good[what] != want {
			t.Errorf("%s: %d subscribers, want %d", what, good[what], want)
		}
	}
}

func TestLocalAddr(t *testing.T) {
	m := localAddr.FindStringSubmatch("local  IP address 10.1.1.3\nremote IP address 10.1.0.1\n")
	if m == nil || m[1] != "10.1.1.3" {
		t.Errorf("got %q", m)
	}
}
