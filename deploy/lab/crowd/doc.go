// Package crowd plays more subscribers and calls than an emulated machine can run
// pppds for: [Run] is many PPPoE subscribers on one network device, [Serve] an LNS
// that takes every call. What they say to each other through the gateway is ICMP
// echo in PPP, made here; neither has a network device for it.
//
// The subscribers are those of lac/lactest and the LNS is the LNS role of
// lac/tunnel, so this measures and counts; for proof of the protocols the lab has
// pppd and xl2tpd.
package crowd
