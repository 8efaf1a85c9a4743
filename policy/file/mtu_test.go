package file

import (
	"fmt"
	"testing"
)

// mru = "auto" is the largest with which full-size packets to all LNSes stay
// whole; no warning is left then.
func TestAutomaticMRU(t *testing.T) {
	const one = `
access %q {}
ppp { mru = "auto" }
%s
retailer "acme" {
  realms = ["acme.example"]
  lns "lns1" { address = "192.0.2.1" }
}
`
	const more = `
retailer "globex" {
  realms = ["globex.example"]
  lns "lns1" {
    address    = "2001:db8::1"
    sequencing = true
  }
}
`
	for _, tt := range []struct {
		name, src string
		want      uint16
	}{
		{"IPv4", fmt.Sprintf(one, "eth1", ""), 1462},
		{"core with room", fmt.Sprintf(one, "jumbo0", "core { mtu = 1530 }"), 1492},
		{"core with more room", fmt.Sprintf(one, "jumbo0", "core { mtu = 9000 }"), 1500},
		{"the least of all", fmt.Sprintf(one, "eth1", "core { mtu = 1530 }") + more, 1530 - 62},
		{"the least of all, otherwise", fmt.Sprintf(one, "eth1", "core { mtu = 1280 }") + more, 1280 - 62},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := parseFake("lacd.hcl", tt.src)
			if err != nil {
				t.Fatal(err)
			}
			if f.PPP.MRU != tt.want || len(f.Warnings) > 0 {
				t.Errorf("got MRU %d and warnings %q, want %d and none", f.PPP.MRU, f.Warnings, tt.want)
			}
		})
	}
}

func TestDeviceMTU(t *testing.T) {
	if got := deviceMTU("lo"); got < leastMTU {
		t.Errorf("lo has MTU %d", got)
	}
	if got := deviceMTU("nosuch0"); got != 0 {
		t.Errorf("a device that does not exist has MTU %d", got)
	}
}
