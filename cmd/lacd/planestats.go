package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"lacd/kernel/xdp"
)

// planeStats is a data plane that counts frames which it did not just forward.
type planeStats interface {
	Stats() (xdp.Stats, error)
}

var (
	descSlow = prometheus.NewDesc("lacd_xdp_slow_frames_total",
		"Frames of sessions that XDP left to user space: the next hop was not known, they did not fit or were fragments, or IPsec protects them.",
		[]string{"direction"}, nil)
	descLost     = prometheus.NewDesc("lacd_xdp_dropped_frames_total", "Frames of sessions that did not get through, by reason.", []string{"reason"}, nil)
	descPaths    = prometheus.NewDesc("lacd_xdp_tunnels", "L2TP tunnels, by where they are forwarded: in XDP or in user space.", []string{"path"}, nil)
	descDetached = prometheus.NewDesc("lacd_xdp_detached_total", "Times that somebody else took the program off a device; it was attached again.", nil, nil)
)

// planeCollector shows the counts of a data plane to Prometheus.
type planeCollector struct{ plane planeStats }

// Describe implements prometheus.Collector.
func (c planeCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- descSlow
	ch <- descLost
	ch <- descPaths
	ch <- descDetached
}

// Collect implements prometheus.Collector. A data plane that is closed has none.
func (c planeCollector) Collect(ch chan<- prometheus.Metric) {
	s, err := c.plane.Stats()
	if err != nil {
		return
	}
	counter := func(d *prometheus.Desc, n uint64, label string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), label)
	}
	counter(descSlow, s.SlowUp, "up")
	counter(descSlow, s.SlowDown, "down")
	counter(descLost, s.Crowded, "user space is behind")
	counter(descLost, s.Long, "longer than the access device takes")
	counter(descLost, s.Device, "device gone")
	counter(descLost, s.Room, "driver leaves no room")
	counter(descLost, s.Refused, "refused by socket or device")
	ch <- prometheus.MustNewConstMetric(descPaths, prometheus.GaugeValue, float64(s.Direct), "XDP")
	ch <- prometheus.MustNewConstMetric(descPaths, prometheus.GaugeValue, float64(s.Indirect), "user space")
	ch <- prometheus.MustNewConstMetric(descDetached, prometheus.CounterValue, float64(s.Detached))
}
