package lac

import (
	"maps"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"lacd/radius"
	"lacd/radius/acct"
	"lacd/radius/spool"
)

var (
	descRequests = prometheus.NewDesc("lacd_radius_requests_total", "RADIUS packets, and connections that failed or broke, by server, kind and outcome.", []string{"server", "kind", "outcome"}, nil)
	descReplies  = prometheus.NewDesc("lacd_radius_replies_dropped_total", "RADIUS replies that were discarded, by server, kind and what was wrong with them.", []string{"server", "kind", "reason"}, nil)
	descInFlight = prometheus.NewDesc("lacd_radius_in_flight", "RADIUS requests awaiting an answer.", []string{"server", "kind"}, nil)
	descDead     = prometheus.NewDesc("lacd_radius_dead", "1 while a RADIUS server does not answer.", []string{"server", "kind"}, nil)
	descShort    = prometheus.NewDesc("lacd_radius_overload_total", "What was not done as too much waited: replies not read, users not asked about.", []string{"what"}, nil)
	descRecords  = prometheus.NewDesc("lacd_radius_records_total", "Accounting records, by what became of them.", []string{"outcome"}, nil)
	descOldest   = prometheus.NewDesc("lacd_accounting_oldest_seconds", "Age of the oldest accounting record that no server has yet.", nil, nil)
	descLost     = prometheus.NewDesc("lacd_accounting_lost_total", "Accounting records for which there was no room, by account: a retailer, or its copy.", []string{"account"}, nil)
	descSpool    = prometheus.NewDesc("lacd_accounting_spool", "What is on disk of accounting: records, octets, and records not written yet; up is 1 while there is a spool.", []string{"what"}, nil)
	descSpooled  = prometheus.NewDesc("lacd_accounting_spool_total", "What happened to the accounting spool: entries written, syncs, failed writes, records refused for its size, octets found that are of no record, records of no retailer and without sense.", []string{"what"}, nil)
	descQueued   = prometheus.NewDesc("lacd_radius_records_queued", "Accounting records that no server has yet.", nil, nil)
)

func (as *authorities) describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descRequests, descReplies, descInFlight, descDead, descShort, descRecords, descQueued, descOldest, descLost, descSpool, descSpooled} {
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
	var oldest time.Time
	for _, c := range as.all() {
		st := c.Stats()
		sumServers(servers, "auth", st.Auth)
		sumServers(servers, "acct", st.Acct)
		overrun, crowded = overrun+st.Overrun, crowded+st.Crowded
		sumRecords(&records, &st.Queue)
		if o := st.Oldest; !o.IsZero() && (oldest.IsZero() || o.Before(oldest)) {
			oldest = o
		}
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
	age := 0.0
	if !oldest.IsZero() {
		age = max(0, time.Since(oldest).Seconds())
	}
	ch <- prometheus.MustNewConstMetric(descOldest, prometheus.GaugeValue, age)
	as.accounting.collect(ch)
}

// collect tells what was lost, and how the spool does.
func (a *accounting) collect(ch chan<- prometheus.Metric) {
	a.mu.Lock()
	losses := maps.Clone(a.losses)
	a.mu.Unlock()
	for name, n := range losses {
		ch <- prometheus.MustNewConstMetric(descLost, prometheus.CounterValue, float64(n), name)
	}
	var st spool.Stats
	if a.spool != nil {
		st = a.spool.Stats()
	}
	for what, n := range map[string]float64{
		"records": float64(st.Records), "octets": float64(st.Octets), "waiting": float64(st.Waiting), "up": truth(a.spool != nil),
	} {
		ch <- prometheus.MustNewConstMetric(descSpool, prometheus.GaugeValue, n, what)
	}
	for what, n := range map[string]uint64{
		"written": st.Written, "syncs": st.Syncs, "failures": st.Failures, "refused": st.Refused, "strange_octets": st.Strange,
		"of_no_retailer": uint64(a.orphans), "spoiled": uint64(a.spoiled),
	} {
		ch <- prometheus.MustNewConstMetric(descSpooled, prometheus.CounterValue, float64(n), what)
	}
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
