package policy

import (
	"slices"

	"lacd/policy/number"
)

// Route is which retailer serves a subscriber, and how it is authorized.
type Route struct {
	Retailer  *Retailer // nil: refused
	Name      string    // the user name without its realm
	Realm     string    // of the user name, lower case; may be empty
	User      string    // User-Name towards RADIUS
	Authorize Authorize // 0: refused
	Refuse    string    // not empty: the subscriber is refused, and this is why
	Reasons   []string

	silent bool // no RADIUS server answered
}

// Route says which retailer serves a subscriber who has given its name.
func (p *Policy) Route(s Subscriber) Route {
	var r Route
	found := p.named(&r, s.User)
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
	r.Reasons = []string{found, r.Retailer.reason()}
	p.radiusUser(&r, &s)
	return r
}

// AsksRADIUS reports whether RADIUS decides about the subscriber.
func (r *Route) AsksRADIUS() bool { return r.Retailer != nil && r.Retailer.AsksRADIUS() }

// AsksRADIUS reports whether RADIUS decides about the subscribers of r.
func (r *Retailer) AsksRADIUS() bool {
	return r.Authorize == ByRADIUS || r.Authorize == ByLine && r.AskLine
}

// Numbers returns what the LNSes and RADIUS servers of a route are told about a
// subscriber.
func (p *Policy) Numbers(r *Route, s *Subscriber) Numbers {
	v := p.values(r, s)
	return r.Retailer.Call.Numbers(&v)
}

// values is what templates can say about a subscriber.
func (p *Policy) values(r *Route, s *Subscriber) number.Values {
	node := p.Name
	if node == "" {
		node = p.Node
	}
	return number.Values{
		CircuitID: s.CircuitID, RemoteID: s.RemoteID, MAC: s.MAC, SVLAN: s.SVLAN, CVLAN: s.CVLAN, Port: s.Port,
		Access: s.Access, NASPort: s.NASPort, User: s.User, Name: r.Name, Realm: r.Realm, Service: s.Service, Node: node,
	}
}

// reason says how the subscribers of r are authorized.
func (r *Retailer) reason() string {
	switch r.Authorize {
	case ByRADIUS:
		return "RADIUS authorizes it"
	case ByRealm:
		return "its realm is enough, the LNS authenticates"
	case ByLine:
		if r.AskLine {
			return "RADIUS authorizes its line, the LNS authenticates"
		}
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

// WithoutRADIUS returns the route of a subscriber about whom no RADIUS server
// answers, where the retailer wants it served all the same. Why is what became
// of the question.
func (r Route) WithoutRADIUS(why string) Route {
	r.Reasons = append(slices.Clip(r.Reasons), why+`: radius_down is "realm", the LNS authenticates`)
	r.silent = true
	return r
}
