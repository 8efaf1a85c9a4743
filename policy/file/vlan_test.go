package file

import "testing"

func TestIDsOverlap(t *testing.T) {
	r := IDs{100, 199}
	for o, want := range map[IDs]bool{
		r: true, {1, 100}: true, {199, 300}: true, {150, 150}: true, {1, 4094}: true,
		{1, 99}: false, {200, 4094}: false, {}: false,
	} {
		if got := r.overlaps(o); got != want {
			t.Errorf("%v and %v: got %v, want %v", r, o, got, want)
		}
		if got := o.overlaps(r); got != want {
			t.Errorf("%v and %v: got %v, want %v", o, r, got, want)
		}
	}
}

// Tags that differ in anything are not the same tags.
func TestTagsDoNotOverlap(t *testing.T) {
	_, err := parseFake("lacd.hcl", smallest+`
access "eth2" {
  vlan "1-4094" {}
  vlan "1-4094" { tpid = "88a8" }
  vlan "1-10" { inner = "1-10" }
  vlan "1-10" { inner = "11-20" }
  vlan "11-20" { inner = "1-10" }
  vlan "1-10" {
    tpid  = "88a8"
    inner = "1-10"
  }
}
`)
	if err != nil {
		t.Error(err)
	}
}
