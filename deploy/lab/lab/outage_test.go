package lab

import (
	"os"
	"testing"
)

func TestOutageScene(t *testing.T) {
	sc := outageScene(3)
	tunnels := sc.realms[0].tunnels
	if len(sc.lnses) != 3 || len(tunnels) != 3 || tunnels[0].preference >= tunnels[1].preference {
		t.Errorf("%d LNSes, tunnels %+v", len(sc.lnses), tunnels)
	}
	for _, s := range sc.subscribers {
		if !s.persist {
			t.Errorf("%s does not dial again", s.user)
		}
	}
}

func TestKillLNS(t *testing.T) {
	if inNamespace(os.Getpid(), "no-such-namespace") {
		t.Error("in a namespace that is not there")
	}
	if err := killLNS("no-such-namespace"); err == nil {
		t.Error("nothing was killed: want an error")
	}
}
