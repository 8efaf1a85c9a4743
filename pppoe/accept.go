package pppoe

import "lacd/pppoe/wire"

// Range is a range of VLAN IDs, both ends included. The zero value is none.
type Range struct{ First, Last uint16 }

// Has reports whether id is in the range.
func (r Range) Has(id uint16) bool { return id != 0 && id >= r.First && id <= r.Last }

// Tagging is a way in which frames may be tagged. The zero value is: not at
// all. Only with Outer set a frame has one tag, with both ranges it has two.
type Tagging struct {
	TPID  uint16 // of the outer tag, CTag or STag; 0: CTag. The inner is a CTag
	Outer Range
	Inner Range
}

// Has reports whether frames with these tags are tagged so.
func (t *Tagging) Has(v wire.VLANs) bool {
	switch {
	case t.Outer == Range{}:
		return v == wire.VLANs{}
	case !t.Outer.Has(v[0].ID) || v[0].TPID != t.tpid():
		return false
	case t.Inner == Range{}:
		return v[1] == wire.VLAN{}
	}
	return t.Inner.Has(v[1].ID) && v[1].TPID == wire.CTag
}

func (t *Tagging) tpid() uint16 {
	if t.TPID == 0 {
		return wire.CTag
	}
	return t.TPID
}

// Serves reports whether frames with these tags are for this port's
// subscribers. Safe for concurrent use.
func (r *Responder) Serves(v wire.VLANs) bool {
	if len(r.cfg.Tagging) == 0 {
		return true
	}
	for i := range r.cfg.Tagging {
		if r.cfg.Tagging[i].Has(v) {
			return true
		}
	}
	return false
}
