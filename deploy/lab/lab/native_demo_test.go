package lab

import (
	"slices"
	"strings"
	"testing"

	simulation "lacd/lac/lactest/load"
	"lacd/radius/radiustest"
)

func TestUnharmed(t *testing.T) {
	good := simulation.Traffic{Sent: 10, Received: 10, Octets: 10 * numberedSize}
	if err := unharmed(&good); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*simulation.Traffic){
		"none":         func(x *simulation.Traffic) { *x = simulation.Traffic{} },
		"lost":         func(x *simulation.Traffic) { x.Received-- },
		"cut":          func(x *simulation.Traffic) { x.Octets-- },
		"duplicated":   func(x *simulation.Traffic) { x.Duplicated++ },
		"reordered":    func(x *simulation.Traffic) { x.Reordered++ },
		"misdelivered": func(x *simulation.Traffic) { x.Misdelivered++ },
		"late":         func(x *simulation.Traffic) { x.Late++ },
	} {
		bad := good
		if change(&bad); unharmed(&bad) == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestLostAs(t *testing.T) {
	rep := &simulation.Report{Clients: &simulation.Clients{Lost: 3, LostBy: map[string]uint64{"padt": 1, "terminated": 2}}}
	if err := lostAs(rep, 3); err != nil {
		t.Error(err)
	}
	if lostAs(rep, 2) == nil {
		t.Error("3 lost: no error for 2")
	}
	rep.Clients.LostBy = map[string]uint64{"padt": 2, "no_echo": 1}
	if lostAs(rep, 3) == nil {
		t.Error("no error for one lost by silence")
	}
}

func TestEnded(t *testing.T) {
	stops := []radiustest.Record{{User: "joe", Cause: "User-Request"}, {User: "joe", Cause: "Admin-Reset"}}
	if err := ended(stops, "joe", "Admin-Reset"); err != nil {
		t.Error(err)
	}
	if ended(stops, "joe", "User-Request") == nil || ended(stops, "jim", "Admin-Reset") == nil {
		t.Error("want the last record of this user")
	}
}

// Whoever is to come up is known to RADIUS, and who is not is not, or has another
// password.
func TestStageUsers(t *testing.T) {
	for _, user := range slices.Concat(chapUsers, papUsers) {
		if _, ok := stageUsers[user]; !ok {
			t.Errorf("RADIUS does not know %s", user)
		}
	}
	if _, ok := stageUsers[badUsers[1]]; ok || strings.HasSuffix(badUsers[1], "alpha.example") {
		t.Errorf("%s has a retailer", badUsers[1])
	}
}
