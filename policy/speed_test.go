package policy

import (
	"math"
	"testing"

	"lacd/pppoe/wire"
)

// rates returns a line whose access node reports these actual rates in kbit/s;
// a negative one is not reported.
func rates(down, up int64) *wire.Line {
	l := &wire.Line{CircuitID: "c"}
	if down >= 0 {
		l.SetNumber(wire.ActualRateDown, uint32(down))
	}
	if up >= 0 {
		l.SetNumber(wire.ActualRateUp, uint32(up))
	}
	return l
}

func TestSpeeds(t *testing.T) {
	const most = math.MaxUint32
	fixed := CallInfo{TxSpeed: 50e6, RxSpeed: 10e6}
	only := func(s ...SpeedSource) CallInfo { return CallInfo{TxSpeed: 50e6, RxSpeed: 10e6, Speed: s} }
	for _, tt := range []struct {
		name    string
		c       CallInfo
		line    *wire.Line
		granted Rates
		tx, rx  uint32
	}{
		{"nothing is known", CallInfo{}, nil, Rates{}, DefaultSpeed, 0},
		{"line", CallInfo{}, rates(16000, 1024), Rates{}, 16_000_000, 1_024_000},
		{"line before RADIUS before static", fixed, rates(16000, 1024), Rates{30e6, 5e6}, 16_000_000, 1_024_000},
		{"RADIUS before static", fixed, nil, Rates{30e6, 5e6}, 30_000_000, 5_000_000},
		{"static", fixed, nil, Rates{}, 50_000_000, 10_000_000},
		{"RADIUS ranks first", only(SpeedRADIUS, SpeedLine), rates(16000, 1024), Rates{30e6, 5e6}, 30_000_000, 5_000_000},
		{"RADIUS ranks first and is silent", only(SpeedRADIUS, SpeedLine), rates(16000, 1024), Rates{}, 16_000_000, 1_024_000},
		{"static ranks first", only(SpeedStatic, SpeedLine), rates(16000, 1024), Rates{30e6, 5e6}, 50_000_000, 10_000_000},
		{"RADIUS is not asked", only(SpeedLine), nil, Rates{30e6, 5e6}, DefaultSpeed, 0},
		{"a line without downstream is passed over", fixed, rates(-1, 1024), Rates{}, 50_000_000, 10_000_000},
		{"a rate of 0 is none", fixed, rates(0, 0), Rates{}, 50_000_000, 10_000_000},
		{"Rx is not taken from elsewhere", fixed, rates(16000, -1), Rates{}, 16_000_000, 0},
		{"equal speeds", CallInfo{}, rates(10000, 10000), Rates{}, 10_000_000, 0},
		{"saturated", CallInfo{}, rates(5_000_000, 1_000_000), Rates{}, most, 1_000_000_000},
		{"both saturated", CallInfo{}, rates(math.MaxUint32, 10_000_000), Rates{}, most, 0},
		{"static beyond 32 bits", CallInfo{TxSpeed: 100e9, RxSpeed: 1e9}, nil, Rates{}, most, 1_000_000_000},
		{"RADIUS knows Rx only", CallInfo{}, nil, Rates{Rx: 5e6}, DefaultSpeed, 0},
		{"RADIUS knows Tx only", CallInfo{}, nil, Rates{Tx: 5e6}, 5_000_000, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tx, rx := tt.c.Speeds(tt.line, tt.granted)
			if tx != tt.tx || rx != tt.rx {
				t.Errorf("got Tx %d, Rx %d, want %d, %d", tx, rx, tt.tx, tt.rx)
			}
		})
	}
}
