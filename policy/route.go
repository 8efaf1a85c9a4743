package policy

import (
	"strconv"
	"strings"
)

// Route is which retailer serves a subscriber, and how it is authorized.
type Route struct {
	Retailer  *Retailer // nil: refused
	Realm     string    // of the user name, lower case; may be empty
	Authorize Authorize // 0: refused
	Refuse    string    // not empty: the subscriber is refused, and this is why
	Reasons   []string
}

// Realm returns what follows the last "@" of user, in lower case, or "".
func Realm(user string) string {
	i := strings.LastIndexByte(user, '@')
	if i < 0 {
		return ""
	}
	return strings.ToLower(user[i+1:])
}

// Route says which retailer serves s.
func (p *Policy) Route(s Subscriber) Route {
	r := Route{Realm: Realm(s.User)}
	found := "the user name has no realm"
	if r.Realm != "" {
		found = "no retailer claims realm " + strconv.Quote(r.Realm)
		if r.Retailer = p.byRealm[r.Realm]; r.Retailer != nil {
			found = "realm " + strconv.Quote(r.Realm) + " belongs to retailer " + r.Retailer.Name
		}
	}
	if r.Retailer == nil {
		if p.def == nil {
			r.Refuse = found + ", and there is no default retailer"
			r.Reasons = []string{r.Refuse}
			return r
		}
		r.Retailer = p.def
		found += ": default retailer " + p.def.Name
	}
	r.Authorize = r.Retailer.Authorize
	r.Reasons = []string{found, r.Authorize.reason()}
	return r
}

func (a Authorize) reason() string {
	switch a {
	case ByRADIUS:
		return "RADIUS authorizes it"
	case ByRealm:
		return "its realm is enough, the LNS authenticates"
	case ByLine:
		return "its line is enough, the LNS authenticates"
	}
	return "nothing authorizes it"
}

// String returns the configuration's word for a.
func (a Authorize) String() string {
	switch a {
	case ByRADIUS:
		return "radius"
	case ByRealm:
		return "realm"
	case ByLine:
		return "line"
	}
	return "unknown"
}
