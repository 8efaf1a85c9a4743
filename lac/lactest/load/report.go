package load

import (
	"syscall"
	"time"

	"lacd/lac/lactest/sim"
)

// Report is what came of a run. Its JSON keys are documented in cmd/lacsim.
type Report struct {
	Seconds     float64      `json:"seconds"`
	CPUSeconds  float64      `json:"cpu_seconds"`
	MaxRSSBytes int64        `json:"max_rss_bytes"`
	Interrupted bool         `json:"interrupted"`
	TimedOut    bool         `json:"timed_out"`
	Clients     *Clients     `json:"clients,omitempty"`
	LNS         []LNS        `json:"lns,omitempty"`
	Traffic     *TrafficPair `json:"traffic,omitempty"`
	Unmet       []string     `json:"unmet,omitempty"`
}

// Clients is what became of the clients.
type Clients struct {
	Number        int               `json:"number"`
	Attempted     uint64            `json:"attempted"`
	Up            uint64            `json:"up"`
	UpNow         int               `json:"up_now"`
	Dialling      int               `json:"dialling"`
	Failed        uint64            `json:"failed"`
	FailedBy      map[string]uint64 `json:"failed_by,omitempty"`
	Lost          uint64            `json:"lost"`
	LostBy        map[string]uint64 `json:"lost_by,omitempty"`
	HungUp        uint64            `json:"hung_up"`
	Repeated      uint64            `json:"repeated"`
	Odd           uint64            `json:"odd_frames"`
	PortDrops     uint64            `json:"port_drops"`
	SendErrors    uint64            `json:"port_send_errors"`
	PerSecond     float64           `json:"setups_per_second"`
	PeakPerSecond float64           `json:"setups_per_second_peak"`
	Discovery     Times             `json:"padi_to_pads_ms"`
	Setup         Times             `json:"padi_to_up_ms"`
}

// Times are in milliseconds.
type Times struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// LNS is what an LNS has seen.
type LNS struct {
	Address   string `json:"address"`
	Tunnels   int    `json:"tunnels"`
	Calls     int    `json:"calls"`
	Requested uint64 `json:"requested"`
	Connected uint64 `json:"connected"`
	Refused   uint64 `json:"refused"`
	Opened    uint64 `json:"opened"`
	Ended     uint64 `json:"ended"`
	Resends   uint64 `json:"resends"`
	Odd       uint64 `json:"odd"`
	Drops     uint64 `json:"socket_drops"`
}

// TrafficPair is the traffic of both directions.
type TrafficPair struct {
	Up   Traffic `json:"up"`
	Down Traffic `json:"down"`
}

// Traffic is what became of the payloads of one direction.
type Traffic struct {
	Sent         uint64 `json:"sent"`
	Received     uint64 `json:"received"`
	Octets       uint64 `json:"octets"`
	Lost         uint64 `json:"lost"`
	Reordered    uint64 `json:"reordered"`
	Duplicated   uint64 `json:"duplicated"`
	Misdelivered uint64 `json:"misdelivered"`
	Late         uint64 `json:"late"`
}

// report tells how things stand.
func (r *run) report() *Report {
	rep := &Report{Seconds: time.Since(r.begin).Seconds(), Interrupted: r.interrupted, TimedOut: r.timedOut}
	rep.CPUSeconds, rep.MaxRSSBytes = usage()
	var up, down sim.Tally
	for i, l := range r.lns {
		l.mu.Lock()
		s, drops := l.lns.Stats(), l.drops
		l.mu.Unlock()
		up.Add(s.UpTally)
		down.Add(s.DownTally)
		rep.LNS = append(rep.LNS, LNS{
			Address: r.cfg.LNS[i].Addr.String(), Tunnels: s.Tunnels, Calls: s.Calls, Requested: s.Requested, Connected: s.Connected,
			Refused: s.Refused, Opened: s.Opened, Ended: s.Ended, Resends: s.Resends, Odd: s.Odd, Drops: drops,
		})
	}
	if r.crowd != nil {
		rep.Clients = r.clients(&up, &down)
	}
	if r.traffic() || up.Received+down.Received > 0 {
		both := r.crowd != nil && len(r.lns) > 0
		rep.Traffic = &TrafficPair{trafficOf(up, both), trafficOf(down, both)}
	}
	return rep
}

// clients tells about the clients, and adds their traffic.
func (r *run) clients(up, down *sim.Tally) *Clients {
	r.crowd.mu.Lock()
	defer r.crowd.mu.Unlock()
	c := r.crowd.crowd
	s := c.Stats()
	up.Add(s.UpTally)
	down.Add(s.DownTally)
	port := r.crowd.port.Stats()
	out := &Clients{
		Number: r.cfg.Clients.Number, Attempted: s.Attempted, Up: s.Up, UpNow: c.Up(), Dialling: c.Dialling(),
		Failed: s.Failures(), FailedBy: byReason(&s.Failed), Lost: s.Losses(), LostBy: byReason(&s.Lost), HungUp: s.HungUp,
		Repeated: s.Repeated, Odd: s.Odd, PortDrops: port.ReceiveDrops, SendErrors: port.SendErrors,
		PeakPerSecond: r.peak.best, Discovery: timesOf(&s.Discovery), Setup: timesOf(&s.Setup),
	}
	if span := time.Duration(s.LastUp - s.FirstDial); s.Up > 0 && span > 0 {
		out.PerSecond = float64(s.Up) / span.Seconds()
	}
	return out
}

// amend brings what the end of the sessions has changed into a report that was
// made before.
func (r *run) amend(rep *Report) {
	last := r.report()
	if rep.Clients != nil {
		now := rep.Clients.UpNow
		dialling := rep.Clients.Dialling
		*rep.Clients = *last.Clients
		rep.Clients.UpNow, rep.Clients.Dialling = now, dialling
	}
	for i := range rep.LNS {
		tunnels, calls := rep.LNS[i].Tunnels, rep.LNS[i].Calls
		rep.LNS[i] = last.LNS[i]
		rep.LNS[i].Tunnels, rep.LNS[i].Calls = tunnels, calls
	}
	rep.Traffic = last.Traffic
	rep.Seconds, rep.CPUSeconds, rep.MaxRSSBytes = last.Seconds, last.CPUSeconds, last.MaxRSSBytes
}

// trafficOf tells of a direction. Where both ends are here, what was sent and
// did not arrive is lost; where they are not, what is missing below the highest
// number that arrived.
func trafficOf(t sim.Tally, both bool) Traffic {
	lost := t.Missing
	if both {
		lost = t.Sent - min(t.Sent, t.Received)
	}
	return Traffic{
		Sent: t.Sent, Received: t.Received, Octets: t.Octets, Lost: lost, Reordered: t.Reordered, Duplicated: t.Duplicated,
		Misdelivered: t.Misdelivered, Late: t.Late,
	}
}

func byReason(counts *[sim.Reasons]uint64) map[string]uint64 {
	m := map[string]uint64{}
	for why, n := range counts {
		if n > 0 {
			m[sim.Reason(why).String()] = n
		}
	}
	return m
}

func timesOf(h *sim.Histogram) Times {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return Times{ms(h.Quantile(0.5)), ms(h.Quantile(0.95)), ms(h.Quantile(0.99)), ms(h.Max())}
}

// usage is what the process has used.
func usage() (cpu float64, maxRSS int64) {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0, 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds(), u.Maxrss * 1024
}

// peak is the most set-ups within a second.
type peak struct {
	samples []sample
	best    float64
}

type sample struct {
	at time.Time
	up uint64
}

func (p *peak) add(now time.Time, up uint64) {
	for len(p.samples) > 1 && now.Sub(p.samples[1].at) >= time.Second {
		p.samples = p.samples[1:]
	}
	p.samples = append(p.samples, sample{now, up})
	if first := p.samples[0]; now.Sub(first.at) >= time.Second {
		p.best = max(p.best, float64(up-first.up)/now.Sub(first.at).Seconds())
	}
}
