package lac

import "github.com/prometheus/client_golang/prometheus"

var (
	descPortUp   = prometheus.NewDesc("lacd_port_up", "0 while the device of an access port is gone.", []string{"port"}, nil)
	descRefused  = prometheus.NewDesc("lacd_sessions_refused_total", "PADRs with a good cookie that got no session, by reason.", []string{"port", "reason"}, nil)
	descTold     = prometheus.NewDesc("lacd_pppoe_stray_answered_total", "Session frames that belong to no session and were answered with PADT.", []string{"port"}, nil)
	descShed     = prometheus.NewDesc("lacd_gate_shed_total", "Discovery frames that met a closed front door.", []string{"port", "code"}, nil)
	descClosed   = prometheus.NewDesc("lacd_gate_closed", "1 while the front door is closed: PADI is not answered.", nil, nil)
	descClosures = prometheus.NewDesc("lacd_gate_closures_total", "Times the front door was closed.", nil, nil)
	descHalfOpen = prometheus.NewDesc("lacd_half_open_sessions", "Sessions between PADR and ICCN.", nil, nil)
	descLoad     = prometheus.NewDesc("lacd_retailer_half_open_sessions", "Sessions of known retailer that are not up yet.", []string{"retailer"}, nil)
	descAsking   = prometheus.NewDesc("lacd_retailer_radius_waiting", "Sessions that await RADIUS.", []string{"retailer"}, nil)
	descBusy     = prometheus.NewDesc("lacd_retailer_busy", "1 while the subscribers of a retailer are refused because its servers are behind.", []string{"retailer"}, nil)
)

// describeAccess tells the metrics of ports and of the gate.
func (s *Server) describeAccess(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		descPortUp, descRefused, descTold, descShed, descClosed, descClosures, descHalfOpen, descLoad, descAsking, descBusy,
	} {
		ch <- d
	}
}

func (s *Server) collectAccess(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	for _, a := range s.access {
		name := a.port.Name()
		gauge(descPortUp, truth(a.port.up.Load()), name)
		for why := welcome + 1; why < numRefusals; why++ {
			counter(descRefused, a.admission.refused[why].Load(), name, refusals[why].label)
		}
		counter(descTold, a.told.Load(), name)
		counter(descShed, a.shedPADI.Load(), name, "padi")
		counter(descShed, a.shedPADR.Load(), name, "padr")
	}
	g := &s.gate
	gauge(descClosed, truth(g.closed.Load()))
	counter(descClosures, g.closures.Load())
	gauge(descHalfOpen, float64(g.halfOpen.Load()))
	g.loads.Range(func(_, v any) bool {
		l := v.(*load)
		gauge(descLoad, float64(l.halfOpen.Load()), l.name)
		gauge(descAsking, float64(l.asking.Load()), l.name)
		gauge(descBusy, truth(l.busy.Load() != nil), l.name)
		return true
	})
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
