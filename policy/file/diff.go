package file

import (
	"crypto/tls"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"lacd/policy"
	"lacd/radius/client"
)

// Change is one difference between two configurations.
type Change struct {
	Text string // for people: `retailer "beta": lns "lns3" added`
	Live bool   // it can be put into force while the daemon runs
}

// live are the blocks and keys that can change while the daemon runs. All else
// needs a restart, what this list has never heard of included.
var live = []string{
	"retailer", "default", "user_name", "radius", "l2tp", "core.local", "core.mtu", "access.max_sessions",
	"ppp.auth", "ppp.multilink", "ppp.restart_timer", "ppp.auth_timeout", "ppp.echo_interval", "ppp.echo_failures",
	"node.max_half_open", "node.max_radius_waiting", "node.max_call_delay", "node.max_backlog", "node.log_level",
}

func isLive(key string) bool {
	return slices.ContainsFunc(live, func(l string) bool { return key == l || strings.HasPrefix(key, l+".") })
}

// Diff returns what is different between two configurations, in the order of
// the reference. Secrets are told to be different, never what they are.
func Diff(before, after *File) []Change {
	d := &differ{}
	a, b := reflect.ValueOf(*before), reflect.ValueOf(*after)
	for i := range a.NumField() {
		f := a.Type().Field(i)
		switch f.Name {
		case "Warnings":
		case "Policy":
			d.policy(before.Policy, after.Policy)
		default:
			d.value(place{}.in(keyOf(a.Type(), f)), a.Field(i), b.Field(i))
		}
	}
	return d.changes
}

// place is where a value stands in the file.
type place struct {
	key   string // "retailer.lns.weight"
	words string // `retailer "beta": lns "lns3": weight`
}

func (p place) in(key string) place {
	if key == "" {
		return p
	}
	if p.key == "" {
		return place{key, key}
	}
	return place{p.key + "." + key, p.words + ": " + key}
}

func (p place) named(name string) place {
	p.words += " " + strconv.Quote(name)
	return p
}

type differ struct{ changes []Change }

func (d *differ) tell(p place, what string) {
	d.changes = append(d.changes, Change{p.words + what, isLive(p.key)})
}

// policy compares what of a policy is not told by other blocks.
func (d *differ) policy(a, b *policy.Policy) {
	compare := func(key string, a, b any) { d.value(place{}.in(key), reflect.ValueOf(a), reflect.ValueOf(b)) }
	compare("retailer", unplaced(a.Retailers), unplaced(b.Retailers))
	compare("default", a.Default, b.Default)
	compare("user_name", a.Forms, b.Forms)
	compare("l2tp", a.Handling, b.Handling)
}

// unplaced returns retailers that do not know where in the file they stand.
func unplaced(all []policy.Retailer) []policy.Retailer {
	all = slices.Clone(all)
	for i := range all {
		all[i].Lines = slices.Clone(all[i].Lines)
		for j := range all[i].Lines {
			all[i].Lines[j].Source = ""
		}
	}
	return all
}

var (
	secretType   = reflect.TypeFor[policy.Secret]()
	lockoutsType = reflect.TypeFor[policy.Lockouts]()
	durationType = reflect.TypeFor[time.Duration]()
	tlsType      = reflect.TypeFor[*tls.Config]()
	stringerType = reflect.TypeFor[fmt.Stringer]()
)

func (d *differ) value(p place, a, b reflect.Value) {
	if reflect.DeepEqual(a.Interface(), b.Interface()) {
		return
	}
	t := a.Type()
	_, readable := text(a)
	switch {
	case t == secretType:
		d.tell(p, " changed")
	case t == tlsType:
		if !client.SameTLS(a.Interface().(*tls.Config), b.Interface().(*tls.Config)) {
			d.tell(p, " changed")
		}
	case t == lockoutsType:
		for i := range a.Len() {
			d.value(p.in(policy.Failure(i).String()), a.Index(i), b.Index(i))
		}
	case readable:
		was, _ := text(a)
		is, _ := text(b)
		if was != is {
			d.tell(p, " "+was+" → "+is)
		}
	case t.Kind() == reflect.Pointer && !a.IsNil() && !b.IsNil():
		d.value(p, a.Elem(), b.Elem())
	case t.Kind() == reflect.Struct && exported(t):
		for i := range t.NumField() {
			f := t.Field(i)
			if f.Type.Kind() == reflect.Bool && negated(f.Name) {
				d.value(p.in(keyOf(t, f)), reflect.ValueOf(!a.Field(i).Bool()), reflect.ValueOf(!b.Field(i).Bool()))
				continue
			}
			d.value(p.in(keyOf(t, f)), a.Field(i), b.Field(i))
		}
	case t.Kind() == reflect.Slice:
		d.list(p, a, b)
	default:
		d.tell(p, " changed")
	}
}

// list compares lists whose elements have names, or are their own.
func (d *differ) list(p place, a, b reflect.Value) {
	was, ok1 := names(a)
	is, ok2 := names(b)
	if !ok1 || !ok2 {
		d.tell(p, " changed")
		return
	}
	blocks := a.Type().Elem().Kind() == reflect.Struct && nameField(a.Type().Elem()) != ""
	if !blocks {
		p.words += ":"
	}
	var both [2][]string
	for i, name := range was {
		j := slices.Index(is, name)
		switch {
		case j < 0:
			d.tell(p.named(name), " removed")
		case blocks:
			d.value(p.named(name), a.Index(i), b.Index(j))
		}
		if j >= 0 {
			both[0] = append(both[0], name)
		}
	}
	for _, name := range is {
		if slices.Contains(was, name) {
			both[1] = append(both[1], name)
			continue
		}
		d.tell(p.named(name), " added")
	}
	if !slices.Equal(both[0], both[1]) {
		d.tell(p, " order changed")
	}
}

// names returns what the elements of a list are known by.
func names(list reflect.Value) (all []string, ok bool) {
	field := ""
	if t := list.Type().Elem(); t.Kind() == reflect.Struct {
		field = nameField(t)
	}
	for i := range list.Len() {
		e := list.Index(i)
		switch {
		case field != "":
			all = append(all, e.FieldByName(field).String())
		case e.Type() == secretType:
			return nil, false
		default:
			name, readable := text(e)
			if !readable {
				return nil, false
			}
			all = append(all, strings.Trim(name, `"`))
		}
	}
	return all, true
}

// nameField returns which field is the label of a block, "" if none is.
func nameField(t reflect.Type) string {
	for _, name := range []string{"Name", "Port"} {
		if f, ok := t.FieldByName(name); ok && f.Type.Kind() == reflect.String {
			return name
		}
	}
	return ""
}

// text writes a value as the file has it, if it is a single one.
func text(v reflect.Value) (string, bool) {
	t := v.Type()
	switch {
	case t == secretType:
		return "", false
	case t == durationType:
		return brief(time.Duration(v.Int())), true
	case t.Kind() == reflect.Pointer && t.Implements(stringerType):
		if v.IsNil() {
			return "default", true
		}
		return strconv.Quote(v.Interface().(fmt.Stringer).String()), true
	case t.Implements(stringerType):
		if a, ok := v.Interface().(interface{ IsValid() bool }); ok && !a.IsValid() {
			return "none", true // an address
		}
		return v.Interface().(fmt.Stringer).String(), true
	}
	switch t.Kind() { //nolint:exhaustive // the others are not single values
	case reflect.String:
		return strconv.Quote(v.String()), true
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return fmt.Sprint(v.Interface()), true
	}
	return "", false
}

func exported(t reflect.Type) bool {
	for field := range t.Fields() {
		if !field.IsExported() {
			return false
		}
	}
	return true
}

// keys are the fields that are not called as their keys are, and those that
// have no key: what is in them stands in their block. The names of a type's
// fields are preceded by that of the type.
var keys = map[string]string{
	"Node.MaxRADIUS": "max_radius_waiting", "Access.VLANs": "vlan", "CoA.Clients": "client", "File.CoA": "coa", "File.L2TP": "l2tp",
	"Retailer.Call": "", "Retailer.Lines": "line", "Retailer.Groups": "group", "Retailer.MaxSetups": "max_setups_per_second",
	"LNS.Peer": "address", "LNS.Host": "host_name", "LNS.PeerHost": "peer_name", "LNS.Limits": "", "LNS.Handling": "",
	"Limits.Sessions": "max_sessions", "Limits.TunnelSessions": "max_sessions_per_tunnel", "Limits.Setups": "max_setups_per_second",
	"Handling.Lockouts": "lockout", "Handling.GiveUp": "give_up_after", "Handling.Moved": "moved_peer",
	"CallInfo.Calling": "calling_number", "CallInfo.Called": "called_number",
	"CallInfo.CallingStation": "calling_station_id", "CallInfo.CalledStation": "called_station_id",
	"CallInfo.NoLine": "access_line", "CallInfo.Line": "access_line_attributes",
}

func negated(name string) bool {
	rest, ok := strings.CutPrefix(name, "No")
	return ok && rest != "" && rest[0] >= 'A' && rest[0] <= 'Z'
}

// keyOf returns the key that a field of the structs comes from.
func keyOf(t reflect.Type, f reflect.StructField) string {
	if key, ok := keys[t.Name()+"."+f.Name]; ok {
		return key
	}
	name := f.Name
	if f.Type.Kind() == reflect.Bool && negated(name) {
		name = name[len("No"):]
	}
	return snake(name)
}

// snake writes "MaxSessionsPerMAC" as "max_sessions_per_mac".
func snake(name string) string {
	upper := func(i int) bool { return i < len(name) && name[i] >= 'A' && name[i] <= 'Z' }
	var s strings.Builder
	for i := range len(name) {
		// A word begins after a small letter, and at the last letter of an
		// abbreviation that another word follows; the s of "VLANs" is none.
		follows := i+1 < len(name) && !upper(i+1) && name[i+1:] != "s"
		if i > 0 && upper(i) && (!upper(i-1) || follows) {
			s.WriteByte('_')
		}
		s.WriteByte(name[i])
	}
	return strings.ToLower(s.String())
}
