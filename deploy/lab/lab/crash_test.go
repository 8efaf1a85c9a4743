package lab

import "testing"

func TestCrashScene(t *testing.T) {
	tagged := 0
	for _, s := range crashScene().subscribers {
		if !s.persist || !s.echo {
			t.Errorf("%s would not notice", s.user)
		}
		tagged += len(s.vlans)
	}
	if tagged == 0 {
		t.Error("nobody needs a VLAN device")
	}
}

func TestNoDevices(t *testing.T) {
	// There is no namespace of the LAC here: what cannot be seen is not absent.
	if err := noDevices(); err == nil {
		t.Error("want an error")
	}
}
