package policy

import (
	"strconv"
	"strings"
)

// Form is a way in which user names bear a realm: behind the last delimiter,
// or before the first.
type Form struct {
	Delimiter byte
	Before    bool // the realm comes first: acme.example/bob
}

// DefaultForm is bob@acme.example (RFC 4282 section 2.1).
var DefaultForm = Form{Delimiter: '@'}

// String returns the form as the configuration has it: "user@realm".
func (f Form) String() string {
	if f.Before {
		return "realm" + string(rune(f.Delimiter)) + "user"
	}
	return "user" + string(rune(f.Delimiter)) + "realm"
}

// Split cuts a user name in two. The realm is in lower case, and never empty if
// ok. A name is octets from a stranger: it may be anything.
func (f Form) Split(name string) (user, realm string, ok bool) {
	var i int
	if f.Before {
		i = strings.IndexByte(name, f.Delimiter)
	} else {
		i = strings.LastIndexByte(name, f.Delimiter)
	}
	if i < 0 {
		return name, "", false
	}
	user, realm = name[:i], name[i+1:]
	if f.Before {
		user, realm = realm, user
	}
	if realm == "" {
		return name, "", false
	}
	return user, Lower(realm), true
}

// Lower is s with the letters A to Z in lower case. Realms are ASCII (RFC 4282
// section 2.1), and what is not must neither change nor become equal to
// something else.
func Lower(s string) string {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if 'A' <= b[i] && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

// wildcard begins a realm that stands for all below it.
const wildcard = "*."

// realms is who claims which realm.
type realms struct {
	exact map[string]*Retailer
	below map[string]*Retailer // "acme.example" for "*.acme.example"
}

// add claims a realm for r, unless another retailer has it already.
func (m *realms) add(realm string, r *Retailer) (other *Retailer) {
	realm = Lower(realm)
	claims := m.exact
	if parent, ok := strings.CutPrefix(realm, wildcard); ok {
		claims, realm = m.below, parent
	}
	if other = claims[realm]; other == nil {
		claims[realm] = r
	}
	return other
}

// find returns who claims a realm, and by which wildcard, if any: the realm
// itself comes before one, and of several the longest.
func (m *realms) find(realm string) (r *Retailer, by string) {
	if r = m.exact[realm]; r != nil || len(m.below) == 0 {
		return r, ""
	}
	for parent := realm; ; {
		var ok bool
		if _, parent, ok = strings.Cut(parent, "."); !ok {
			return nil, ""
		}
		if r = m.below[parent]; r != nil {
			return r, wildcard + parent
		}
	}
}

// named finds the retailer whose realm a user name bears. Of several forms the
// first one that reads a claimed realm decides; where no realm is claimed, the
// first form that reads any.
func (p *Policy) named(r *Route, name string) (found string) {
	forms := p.Forms
	if len(forms) == 0 {
		forms = []Form{DefaultForm}
	}
	r.Name = name
	var unclaimed []string
	for _, f := range forms {
		user, realm, ok := f.Split(name)
		if !ok {
			continue
		}
		how := ""
		if len(forms) > 1 {
			how = " (" + f.String() + ")"
		}
		owner, by := p.realms.find(realm)
		if owner == nil {
			if r.Realm == "" {
				r.Name, r.Realm = user, realm
			}
			unclaimed = append(unclaimed, strconv.Quote(realm)+how)
			continue
		}
		r.Retailer, r.Name, r.Realm = owner, user, realm
		found = "realm " + strconv.Quote(realm) + how + " belongs to retailer " + owner.Name
		if by != "" {
			found += " by " + strconv.Quote(by)
		}
		return found
	}
	if len(unclaimed) == 0 {
		return "the user name has no realm"
	}
	return "no retailer claims realm " + strings.Join(unclaimed, " or ")
}

// radiusUser settles the User-Name that RADIUS is told. What the subscriber
// sent stays as it is for the LNS, octet by octet.
func (p *Policy) radiusUser(r *Route, s *Subscriber) {
	to := r.Retailer
	r.User = s.User
	if to.UserName != nil {
		v := p.values(r, s)
		if text := to.UserName.Text(&v); text != "" {
			r.User = text
		}
	}
	if to.LowerUser {
		r.User = Lower(r.User)
	}
	if r.User != s.User {
		r.Reasons = append(r.Reasons, "the User-Name for RADIUS is "+strconv.Quote(r.User))
	}
}
