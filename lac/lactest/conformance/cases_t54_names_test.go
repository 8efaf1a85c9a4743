package conformance

import (
	"testing"

	"lacd/lac/lactest/script"
)

// A retailer has its own way to name its users and ports. The LNS is told what
// the client said, octet by octet.
func TestT54_Names(t *testing.T) {
	cfg := radiusConfig("")
	cfg.Extra = `user_name { forms = ["user@realm", "realm\\user"] }
retailer "shaped" {
  realms         = ["*.shaped.example", "shaped"]
  radius         = ["r1"]
  user_name      = "{name}+{realm}"
  user_name_case = "lower"
  nas_port_id    = "{node}/{access}"
  nas_port_type  = "pppoe"
}`
	for _, tt := range []struct{ name, said, told string }{
		{"behind", "Joe@A.Shaped.example", "joe+a.shaped.example"},
		{"before", "SHAPED\\J\xf6e@home", "j\xf6e@home+shaped"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rig := start(t, cfg)
			c, q := dialed(rig, tt.said)
			want := []script.Attribute{script.AttText(script.UserName, tt.told), script.AttU32(script.NASPortType, 32)}
			carries(t, q, append(want, script.AttText(script.NASPortID, "lac.test/acc0"))...)
			q.Accept(script.L2TPTo(1, "192.0.2.11")...)
			call := admitted(rig)
			has(t, call.CN, script.Bytes(30, []byte(tt.said)...))
			carries(t, rig.Server(0).Record(script.AcctStart), want...)
			lives(t, rig.LNS(0), c, call)
		})
	}
}
