package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lacd/lac/lactest/sim"
	"lacd/pppoe/wire"
)

func TestParseClients(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("sesame\nand more"), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := parse([]string{
		"-access", "eth1", "-n", "7", "-first", "1000", "-mac", "02:00:00:00:01:00", "-macs", "4", "-vlan", "100-199", "-inner", "7",
		"-tpid", "88a8", "-user", "a%d@x,b%d@y", "-password-file", file, "-pap", "-service", "internet", "-ac", "lac1",
		"-max-payload", "1500", "-circuit", "dsl/%d", "-remote", "r%d", "-rate", "50", "-window", "3", "-up", "auth", "-hold", "1m",
		"-think", "2s", "-cycles", "4", "-redial", "-backoff", "2s,10s", "-hangup", "terminate", "-echo", "5s", "-up-rate", "100",
		"-size", "1400", "-stay", "3s",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := sim.Config{
		Layout: sim.Layout{
			First: 1000, MAC: wire.MAC{2, 0, 0, 0, 1}, MACs: 4, TPID: wire.STag, Outer: sim.Range{First: 100, Last: 199},
			Inner: sim.Range{First: 7, Last: 7}, Circuit: "dsl/%d", Remote: "r%d", Users: []string{"a%d@x", "b%d@y"},
		},
		Number: 7, Rate: 50, Window: 3, Hold: time.Minute, Think: 2 * time.Second, Cycles: 4, HangUp: sim.ByTerminate, Redial: true,
		Backoff: 2 * time.Second, BackoffMax: 10 * time.Second, Retry: 3 * time.Second, Tries: 5, Timeout: 30 * time.Second,
		HangUpRate: 10_000, ACName: "lac1", Service: "internet", MaxPayload: 1500, PAP: true, Password: "sesame", UpAt: sim.Proven,
		Echo: 5 * time.Second, Traffic: sim.Traffic{Rate: 100, Size: 1400}, Seed: o.load.Clients.Seed,
	}
	if diff := cmp.Diff(&want, o.load.Clients); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if o.load.Stay != 3*time.Second || o.load.Timeout != 2*time.Minute || o.access != "eth1" {
		t.Errorf("%+v", o)
	}
}

// The password that is the default is not one that is checked against.
func TestParseDefaults(t *testing.T) {
	o, err := parse([]string{"-access", "eth1"})
	if err != nil {
		t.Fatal(err)
	}
	c := o.load.Clients
	if c.Number != 100 || c.MAC != (wire.MAC{2, 0x10}) || c.Password != "lacsim" || c.Users[0] != "user%d@acme.example" || c.Seed == 0 || o.load.LNS != nil {
		t.Errorf("%+v", *c)
	}
}
