package file

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"lacd/policy"
	"lacd/policy/number"
	"lacd/pppoe/wire"
)

// callInfo reads what the LNSes and RADIUS servers of a retailer are told
// about a call.
func callInfo(b *block, by policy.Authorize) policy.CallInfo {
	c := policy.CallInfo{
		Calling:           b.numberTemplate("calling_number"),
		Called:            b.numberTemplate("called_number"),
		SubAddress:        b.numberTemplate("sub_address"),
		CallingStation:    b.numberTemplate("calling_station_id"),
		CalledStation:     b.numberTemplate("called_station_id"),
		NASPortID:         b.numberTemplate("nas_port_id"),
		PortType:          portType(b),
		NoPhysicalChannel: !b.flag("physical_channel", true),
		Speed:             speeds(b),
		TxSpeed:           uint64(b.number("tx_speed", 0, leastSpeed, mostSpeed)),
		RxSpeed:           uint64(b.number("rx_speed", 0, leastSpeed, mostSpeed)),
		NoLine:            !b.flag("access_line", true),
		Line:              lineTypes(b),
	}
	if len(c.Speed) > 0 && !slices.Contains(c.Speed, policy.SpeedStatic) {
		b.idle("tx_speed", `speed does not name "static"`)
		b.idle("rx_speed", `speed does not name "static"`)
	}
	if slices.Contains(c.Speed, policy.SpeedRADIUS) && by == policy.ByRealm {
		b.refuse("speed", "remove it", `"radius" has no effect: authorize is %q`, by)
	}
	if c.NoLine {
		b.idle("access_line_attributes", "access_line is false")
	}
	if !b.has("radius") {
		for _, key := range []string{"calling_station_id", "called_station_id", "nas_port_id", "nas_port_type"} {
			b.idle(key, "there is no radius server")
		}
	}
	return c
}

// portType reads how NAS-Port-Type is chosen.
func portType(b *block) policy.PortType {
	switch b.word("nas_port_type", "ethernet", "ethernet", "virtual", "pppoe") {
	case "virtual":
		return policy.PortVirtual
	case "pppoe":
		return policy.PortPPPoE
	}
	return policy.PortEthernet
}

// Speeds in bit/s. Beyond 32 bits LNSes are told what 32 bits hold.
const (
	leastSpeed = 1000
	mostSpeed  = 1_000_000_000_000
)

// numberTemplate reads a number template, which may be empty; nil is not written.
func (b *block) numberTemplate(key string) *number.Template {
	v, ok := b.typed(key, cty.String, "put it in double quotes")
	if !ok {
		return nil
	}
	t, err := number.Parse(v.AsString())
	if err == nil {
		return t
	}
	hint := ""
	var unknown *number.UnknownNameError
	switch {
	case errors.As(err, &unknown):
		hint = oneOf(unknown.Name, number.Names())
	case errors.Is(err, number.ErrBraces):
		hint = "write {{ and }} for the braces themselves"
	}
	b.refuse(key, hint, "%s: %v", strconv.Quote(v.AsString()), err)
	return nil
}

// oneOf is the hint for a word that is none of many: the one that was probably
// meant, else all of them.
func oneOf(word string, known []string) string {
	if hint := suggest(word, known); hint != "" {
		return hint
	}
	return "the names are " + strings.Join(known, ", ")
}

var speedSources = map[string]policy.SpeedSource{
	"line": policy.SpeedLine, "radius": policy.SpeedRADIUS, "static": policy.SpeedStatic,
}

func speeds(b *block) []policy.SpeedSource {
	var sources []policy.SpeedSource
	known := []string{"line", "radius", "static"}
	for _, w := range b.list("speed") {
		s, ok := speedSources[w.text]
		if !ok {
			b.d.refuse(w.line, suggest(w.text, known), "speed: %q is not one of %s", w.text, quoteAll(known))
			continue
		}
		sources = append(sources, s)
	}
	if len(sources) > 0 && sources[len(sources)-1] != policy.SpeedStatic && slices.Contains(sources, policy.SpeedStatic) {
		b.refuse("speed", `"static" is always known: put it last`, `has sources behind "static" that are never asked`)
	}
	return sources
}

// lineNames are the access line attributes as the configuration calls them.
var lineNames = map[string]wire.LineType{
	"circuit_id":           wire.AgentCircuitID,
	"remote_id":            wire.AgentRemoteID,
	"actual_rate_up":       wire.ActualRateUp,
	"actual_rate_down":     wire.ActualRateDown,
	"min_rate_up":          wire.MinRateUp,
	"min_rate_down":        wire.MinRateDown,
	"attainable_rate_up":   wire.AttainableRateUp,
	"attainable_rate_down": wire.AttainableRateDown,
	"max_rate_up":          wire.MaxRateUp,
	"max_rate_down":        wire.MaxRateDown,
	"low_power_rate_up":    wire.LowPowerRateUp,
	"low_power_rate_down":  wire.LowPowerRateDown,
	"max_delay_up":         wire.MaxDelayUp,
	"actual_delay_up":      wire.ActualDelayUp,
	"max_delay_down":       wire.MaxDelayDown,
	"actual_delay_down":    wire.ActualDelayDown,
	"encapsulation":        wire.LoopEncapsulation,
	"iwf":                  wire.IWFSession,
}

func lineTypes(b *block) []wire.LineType {
	var types []wire.LineType
	for _, w := range b.list("access_line_attributes") {
		t, ok := lineNames[w.text]
		if !ok {
			names := slices.Sorted(maps.Keys(lineNames))
			b.d.refuse(w.line, oneOf(w.text, names), "access_line_attributes: %q is no attribute of a line", w.text)
			continue
		}
		types = append(types, t)
	}
	return types
}
