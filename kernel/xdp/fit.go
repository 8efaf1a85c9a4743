package xdp

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"

	"lacd/kernel"
)

// fullFrame is the longest PPP frame of RFC 2516: the protocol and 1492 octets.
const fullFrame = 1494

// Unfit returns why another data plane serves this configuration better than
// native XDP, though it may work; nil if nothing speaks against it.
func Unfit(cfg Config) error {
	if err := kernel.Missing(Probe()); err != nil {
		return err
	}
	var errs []error
	for _, p := range cfg.Ports {
		l, err := netlink.LinkByName(p.Name)
		if err != nil {
			return fmt.Errorf("find %s: %w", p.Name, err)
		}
		errs = append(errs, unfitPort(l, p.Tags))
	}
	core, err := coreLinks(cfg)
	if err != nil {
		return err
	}
	for _, l := range core {
		errs = append(errs, unfitDevice(l))
	}
	all, err := policies()
	if err != nil {
		return err
	}
	for _, peer := range cfg.Peers {
		if covers(all, netip.Addr{}, peer) {
			errs = append(errs, fmt.Errorf("messages to %v are protected by IPsec", peer))
		}
	}
	return errors.Join(errs...)
}

func unfitPort(l netlink.Link, tags int) error {
	v := device{mtu: l.Attrs().MTU}
	need, room := min(fullFrame, v.mtu-6), int(v.most(uint16(tags)))
	if room >= need {
		return unfitDevice(l)
	}
	return errors.Join(unfitDevice(l), fmt.Errorf("%s has no room for a full frame with %d tags: its MTU would have to be %d",
		l.Attrs().Name, tags, v.mtu+need-room))
}

func unfitDevice(l netlink.Link) error {
	if l.Type() == "veth" {
		return fmt.Errorf("%s is one of a pair of virtual devices: what its far end takes is not known", l.Attrs().Name)
	}
	return nil
}
