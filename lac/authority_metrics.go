package lac

import (
	"github.com/prometheus/client_golang/prometheus"

	"lacd/radius"
	"lacd/radius/acct"
)

var (
	descRequests = prometheus.NewDesc("lacd_radius_requests_total", "RADIUS packets, and connections that failed or broke, by server, kind and outcome.", []string{"server", "kind", "outcome"}, nil)
	descReplies  = prometheus.NewDesc("lacd_radius_replies_dropped_total", "RADIUS replies that were discarded, by server, kind and what was wrong with them.", []string{"server", "kind", "reason"}, nil)
	descInFlight = prometheus.NewDesc("lacd_radius_in_flight", "RADIUS requests awaiting an answer.", []string{"server", "kind"}, nil)
	descDead     = prometheus.NewDesc("lacd_radius_dead", "1 while a RADIUS server does not answer.", []string{"server", "kind"}, nil)
	descShort    = prometheus.NewDesc("lacd_radius_overload_total", "What was not done as too much waited: replies not read, users not asked about.", []string{"what"}, nil)
	descRecords  = prometheus.NewDesc("lacd_radius_records_total", "Accounting records, by what became of them.", []string{"outcome"}, nil)
	descQueued   = prometheus.NewDesc("lacd_radius_records_queued", "Accounting records that no server has yet.", nil, nil)
)

func (as *authorities) describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descRequests, descReplies, descInFlight, descDead, descShort, descRecords, descQueued} {
		ch <- d
	}
}

// serverKey is a RADIUS server in one of its parts.
type serverKey struct{ server, kind string }

// collect adds up what the clients say about the servers they share.
func (as *authorities) collect(ch chan<- prometheus.Metric) {
	servers := map[serverKey]*radius.ServerStats{}
	var overrun, crowded uint64
	var records acct.Stats
	for _, c := range as.all() {
		st := c.Stats()
		sumServers(servers, "auth", st.Auth)
		sumServers(servers, "acct", st.Acct)
		overrun, crowded = overrun+st.Overrun, crowded+st.Crowded
		sumRecords(&records, &st.Queue)
	}
	for k, st := range servers {
		collectServer(ch, k, st)
	}
	counter := func(d *prometheus.Desc, n uint64, label string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), label)
	}
	counter(descShort, overrun, "reply")
	counter(descShort, crowded, "user")
	counter(descRecords, records.Answered, "answered")
	counter(descRecords, records.Superseded, "superseded")
	counter(descRecords, records.Dropped, "dropped")
	counter(descRecords, records.DroppedInterims, "dropped-interim")
	counter(descRecords, records.Unsendable, "unsendable")
	ch <- prometheus.MustNewConstMetric(descQueued, prometheus.GaugeValue, float64(records.Queued))
}

func sumServers(sums map[serverKey]*radius.ServerStats, kind string, all []radius.ServerStats) {
	for _, st := range all {
		k := serverKey{st.Name, kind}
		sum := sums[k]
		if sum == nil {
			sum = &radius.ServerStats{}
			sums[k] = sum
		}
		sum.Sent += st.Sent
		sum.Resent += st.Resent
		sum.Answered += st.Answered
		sum.Timeouts += st.Timeouts
		sum.Probes += st.Probes
		sum.ProbesHeard += st.ProbesHeard
		sum.Disconnects += st.Disconnects
		sum.InFlight += st.InFlight + st.Waiting
		sum.Dead = sum.Dead || st.Dead
		for i, n := range st.Dropped {
			sum.Dropped[i] += n
		}
	}
}

func sumRecords(sum, st *acct.Stats) {
	sum.Queued += st.Queued
	sum.Answered += st.Answered
	sum.Superseded += st.Superseded
	sum.Dropped += st.Dropped
	sum.DroppedInterims += st.DroppedInterims
	sum.Unsendable += st.Unsendable
}

func collectServer(ch chan<- prometheus.Metric, k serverKey, st *radius.ServerStats) {
	var dropped uint64
	for d := radius.Drop(1); d < radius.NumDrops; d++ {
		dropped += st.Dropped[d]
		ch <- prometheus.MustNewConstMetric(descReplies, prometheus.CounterValue, float64(st.Dropped[d]), k.server, k.kind, d.String())
	}
	for outcome, n := range map[string]uint64{
		"sent": st.Sent, "resent": st.Resent, "answered": st.Answered, "timeout": st.Timeouts, "dropped": dropped,
		"probe": st.Probes, "probe-answered": st.ProbesHeard, "disconnect": st.Disconnects,
	} {
		ch <- prometheus.MustNewConstMetric(descRequests, prometheus.CounterValue, float64(n), k.server, k.kind, outcome)
	}
	ch <- prometheus.MustNewConstMetric(descInFlight, prometheus.GaugeValue, float64(st.InFlight), k.server, k.kind)
	ch <- prometheus.MustNewConstMetric(descDead, prometheus.GaugeValue, truth(st.Dead), k.server, k.kind)
}
