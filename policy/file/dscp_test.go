package file

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCodePoints(t *testing.T) {
	// The registry, in its own order.
	want := map[string]uint8{
		"cs0": 0, "cs1": 8, "cs2": 16, "cs3": 24, "cs4": 32, "cs5": 40, "cs6": 48, "cs7": 56,
		"af11": 10, "af12": 12, "af13": 14, "af21": 18, "af22": 20, "af23": 22,
		"af31": 26, "af32": 28, "af33": 30, "af41": 34, "af42": 36, "af43": 38,
		"ef": 46, "va": 44, "le": 1,
	}
	if diff := cmp.Diff(want, codePoints); diff != "" {
		t.Errorf("code points, -want +got:\n%s", diff)
	}
}

// An LNS has the retailer's code point unless it has its own; those that
// RADIUS names have the retailer's.
func TestDSCP(t *testing.T) {
	f, err := parseFake("lacd.hcl", `access "eth1" {}
retailer "acme" {
  realms = ["acme.example"]
  dscp   = "af41"
  lns "plain" { address = "192.0.2.1" }
  lns "own" {
    address = "192.0.2.2"
    dscp    = 46
  }
  lns "none" {
    address = "192.0.2.3"
    dscp    = 0
  }
}`)
	if err != nil {
		t.Fatal(err)
	}
	r := f.Policy.Retailers[0]
	got := []uint8{r.DSCP, r.LNS[0].DSCP, r.LNS[1].DSCP, r.LNS[2].DSCP}
	if diff := cmp.Diff([]uint8{34, 34, 46, 0}, got); diff != "" {
		t.Errorf("retailer and LNSes, -want +got:\n%s", diff)
	}
}
