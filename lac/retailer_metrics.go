package lac

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"lacd/lac/cause"
	"lacd/policy"
)

var (
	descRetailerSessions = prometheus.NewDesc("lacd_retailer_sessions", "Sessions, by retailer and state: setup or up.", []string{"retailer", "state"}, nil)
	descRetailerSetups   = prometheus.NewDesc("lacd_retailer_setups_total", "Set-ups that are over, by retailer and outcome: up, or the cause of the failure.", []string{"retailer", "outcome"}, nil)
	descRetailerEnded    = prometheus.NewDesc("lacd_retailer_sessions_ended_total", "Sessions that were up and ended, by retailer and cause.", []string{"retailer", "cause"}, nil)
	descRetailerLimited  = prometheus.NewDesc("lacd_retailer_limited_total", "How often a limit kept a subscriber away, or from an LNS, by retailer and limit.", []string{"retailer", "limit"}, nil)
	descRetailerStage    = prometheus.NewDesc("lacd_retailer_stage_seconds", "Time that the stages of a set-up take, by retailer; total is all of it.", []string{"retailer", "stage"}, nil)
)

func describeRetailers(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descRetailerSessions, descRetailerSetups, descRetailerEnded, descRetailerLimited, descRetailerStage} {
		ch <- d
	}
}

// collectRetailers has one set of series for each retailer of the policy, and
// one for sessions without: what subscribers send makes no more of them.
func (s *Server) collectRetailers(ch chan<- prometheus.Metric) {
	for _, b := range s.books() {
		collectBook(ch, b)
	}
}

func collectBook(ch chan<- prometheus.Metric, b *book) {
	gauge := func(n int64, state string) {
		ch <- prometheus.MustNewConstMetric(descRetailerSessions, prometheus.GaugeValue, float64(n), b.retailer, state)
	}
	counter := func(d *prometheus.Desc, n uint64, label string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), b.retailer, label)
	}
	gauge(b.sessions.Load()-b.up.Load(), "setup")
	gauge(b.up.Load(), "up")
	counter(descRetailerSetups, b.succeeded.Load(), "up")
	for _, c := range cause.All() {
		counter(descRetailerSetups, b.failed[c].Load(), c.String())
		counter(descRetailerEnded, b.ended[c].Load(), c.String())
	}
	for l := policy.Limit(1); l < policy.NumLimits; l++ {
		counter(descRetailerLimited, b.refused[l].Load(), l.String())
	}
	for i := range b.stages {
		h := &b.stages[i]
		buckets, below := make(map[float64]uint64, len(bounds)), uint64(0)
		for j, bound := range bounds {
			below += h.counts[j].Load()
			buckets[bound.Seconds()] = below
		}
		ch <- prometheus.MustNewConstHistogram(descRetailerStage, h.count(), time.Duration(h.sum.Load()).Seconds(), buckets, b.retailer, stageName(i))
	}
}
