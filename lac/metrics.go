package lac

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"lacd/lac/cause"
	"lacd/pppoe"
)

// metrics are what Prometheus sees. Counters that live with their owner are
// read when they are asked for.
type metrics struct {
	srv   *Server
	up    prometheus.Histogram
	ended [256]prometheus.Counter // by cause.Cause

	endedVec *prometheus.CounterVec
	dropVec  *prometheus.CounterVec
	drops    sync.Map // what → prometheus.Counter; the set of words is fixed in the code
}

var (
	descSessions  = prometheus.NewDesc("lacd_sessions", "PPPoE sessions, by access port.", []string{"port"}, nil)
	descDiscovery = prometheus.NewDesc("lacd_pppoe_discovery_total", "PPPoE discovery frames received, by what became of them.", []string{"port", "verdict"}, nil)
	descBad       = prometheus.NewDesc("lacd_pppoe_malformed_total", "Frames on access ports that are not sound PPPoE.", []string{"port"}, nil)
	descStrays    = prometheus.NewDesc("lacd_pppoe_stray_total", "Session frames and PADTs that belong to no session.", []string{"port"}, nil)
	descPortDrops = prometheus.NewDesc("lacd_port_drops_total", "Frames lost at an access port.", []string{"port", "direction"}, nil)
	descTunnels   = prometheus.NewDesc("lacd_tunnels", "L2TP tunnels, by state.", []string{"state"}, nil)
	descCalls     = prometheus.NewDesc("lacd_lns_calls_total", "Calls, by LNS and outcome.", []string{"retailer", "lns", "peer", "outcome"}, nil)
	descLNS       = prometheus.NewDesc("lacd_lns_state", "1 for the state an LNS is in: ready, half-open, locked, draining or full.", []string{"retailer", "lns", "peer", "state"}, nil)
	descLNSCalls  = prometheus.NewDesc("lacd_lns_sessions", "Calls that are placed or established, by LNS.", []string{"retailer", "lns", "peer"}, nil)
	descBacklog   = prometheus.NewDesc("lacd_executor_backlog", "Data plane operations that wait.", nil, nil)
)

func newMetrics(s *Server) *metrics {
	m := &metrics{
		srv: s,
		up: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "lacd_session_setup_seconds", Help: "Time from PADR to ICCN.",
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}),
		endedVec: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lacd_sessions_ended_total", Help: "Sessions that ended, by cause.",
		}, []string{"cause"}),
		dropVec: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lacd_dropped_total", Help: "Input that was discarded, by what was wrong with it.",
		}, []string{"what"}),
	}
	m.ended[0] = m.endedVec.WithLabelValues("unknown")
	for _, c := range cause.All() {
		m.ended[c] = m.endedVec.WithLabelValues(c.String())
	}
	return m
}

func (m *metrics) drop(what string) {
	if c, ok := m.drops.Load(what); ok {
		c.(prometheus.Counter).Inc()
		return
	}
	c := m.dropVec.WithLabelValues(what)
	m.drops.Store(what, c)
	c.Inc()
}

// Collector returns the daemon's metrics, to be registered once.
func (s *Server) Collector() prometheus.Collector { return s.metrics }

// Describe implements prometheus.Collector.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		descSessions, descDiscovery, descBad, descStrays, descPortDrops, descTunnels, descCalls, descLNS, descLNSCalls, descBacklog,
		descCoA,
	} {
		ch <- d
	}
	m.up.Describe(ch)
	m.endedVec.Describe(ch)
	m.dropVec.Describe(ch)
	m.srv.authorities.describe(ch)
	m.srv.describeAccess(ch)
	describeRetailers(ch)
}

// Collect implements prometheus.Collector.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	for _, a := range m.srv.access {
		m.collectPort(ch, a)
	}
	states := map[string]int{"opening": 0, "up": 0, "closing": 0}
	for _, v := range m.srv.trunk.Views() {
		states[tunnelState(&v)]++
	}
	for state, n := range states {
		ch <- prometheus.MustNewConstMetric(descTunnels, prometheus.GaugeValue, float64(n), state)
	}
	for _, l := range m.srv.lnsTable().all {
		for outcome, n := range map[string]uint64{"placed": l.Placed, "answered": l.Answered, "failed": l.Failed} {
			ch <- prometheus.MustNewConstMetric(descCalls, prometheus.CounterValue, float64(n), l.Retailer, l.Name, l.Peer, outcome)
		}
		ch <- prometheus.MustNewConstMetric(descLNS, prometheus.GaugeValue, 1, l.Retailer, l.Name, l.Peer, l.State)
		ch <- prometheus.MustNewConstMetric(descLNSCalls, prometheus.GaugeValue, float64(l.Sessions), l.Retailer, l.Name, l.Peer)
	}
	ch <- prometheus.MustNewConstMetric(descBacklog, prometheus.GaugeValue, float64(m.srv.exec.backlog()))
	m.up.Collect(ch)
	m.endedVec.Collect(ch)
	m.dropVec.Collect(ch)
	m.srv.authorities.collect(ch)
	m.srv.collectAccess(ch)
	m.srv.collectCoA(ch)
	m.srv.collectRetailers(ch)
}

func (m *metrics) collectPort(ch chan<- prometheus.Metric, a *access) {
	name := a.port.Name()
	counter := func(d *prometheus.Desc, v uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), append([]string{name}, labels...)...)
	}
	ch <- prometheus.MustNewConstMetric(descSessions, prometheus.GaugeValue, float64(a.sessions.Load()), name)
	for v := pppoe.Verdict(1); int(v) < pppoe.NumVerdicts; v++ {
		counter(descDiscovery, a.verdicts[v].Load(), v.String())
	}
	counter(descBad, a.bad.Load())
	counter(descStrays, a.strays.Load())
	st := a.port.Stats()
	counter(descPortDrops, st.ReceiveDrops, "in")
	counter(descPortDrops, st.SendErrors, "out")
}
