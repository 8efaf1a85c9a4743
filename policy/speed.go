package policy

import (
	"math"

	"lacd/pppoe/wire"
)

// SpeedSource is where the connect speeds of a call come from.
type SpeedSource uint8

// The sources.
const (
	SpeedLine   SpeedSource = 1 + iota // the actual rates that the access node reports (TR-101)
	SpeedRADIUS                        // Grant.Rates
	SpeedStatic                        // TxSpeed and RxSpeed of CallInfo
)

var allSpeeds = []SpeedSource{SpeedLine, SpeedRADIUS, SpeedStatic}

// DefaultSpeed is told when no source knows, as Tx Connect Speed is mandatory:
// 1 Gbit/s.
const DefaultSpeed = 1_000_000_000

// Rates are the speeds of a line in bit/s; 0 is not known.
type Rates struct {
	Tx uint64 // towards the subscriber
	Rx uint64 // from the subscriber
}

// Speeds returns Tx and Rx Connect Speed in bit/s, saturated at what 32 bits
// hold. The first source that knows Tx gives both: a pair of different origins
// would describe no line. Rx is 0 where it is not known or the same as Tx, and
// is then not sent: "When the optional Rx Connect Speed AVP is NOT present, the
// connection speed between the remote system and LAC is assumed to be
// symmetric" (RFC 2661 section 4.4.4).
func (c *CallInfo) Speeds(line *wire.Line, granted Rates) (tx, rx uint32) {
	sources := c.Speed
	if len(sources) == 0 {
		sources = allSpeeds
	}
	var r Rates
	for _, s := range sources {
		switch s {
		case SpeedLine:
			r = lineRates(line)
		case SpeedRADIUS:
			r = granted
		case SpeedStatic:
			r = Rates{c.TxSpeed, c.RxSpeed}
			if r.Tx == 0 {
				r.Tx = DefaultSpeed
			}
		}
		if r.Tx != 0 {
			break
		}
	}
	if r.Tx == 0 {
		r = Rates{Tx: DefaultSpeed}
	}
	tx, rx = saturate(r.Tx), saturate(r.Rx)
	if rx == tx {
		rx = 0
	}
	return tx, rx
}

// lineRates returns the actual rates of a line, told in kbit/s.
func lineRates(l *wire.Line) (r Rates) {
	if l == nil {
		return r
	}
	down, _ := l.Number(wire.ActualRateDown)
	up, _ := l.Number(wire.ActualRateUp)
	return Rates{Tx: uint64(down) * 1000, Rx: uint64(up) * 1000}
}

func saturate(v uint64) uint32 { return uint32(min(v, math.MaxUint32)) }
