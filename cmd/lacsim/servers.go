package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"lacd/lac/l2tp"
	"lacd/lac/lactest/sim"
	"lacd/pppoe/ppp"
)

// l2tpPort is where LNSes listen (RFC 2661 section 8.1).
const l2tpPort = 1701

// servers makes the LNSes.
func (w *words) servers(o *options, c *sim.Config) error {
	key, err := secret(w.secretFile, "")
	if err != nil {
		return err
	}
	for _, text := range w.lns {
		l, err := parseLNS(text, c.Password)
		if err != nil {
			return fmt.Errorf("-lns %q: %w", text, err)
		}
		l.Secret = []byte(key)
		l.Traffic = sim.Traffic{Rate: w.downRate, Size: w.size}
		l.Random = func(b []byte) { _, _ = rand.Read(b) } // never fails
		l.NoPPP = l.NoPPP || o.access != "" && c.UpAt == sim.Connected
		o.load.LNS = append(o.load.LNS, l)
	}
	return nil
}

// parseLNS reads an address and habits.
func parseLNS(text, password string) (l sim.LNSConfig, err error) {
	at, habits, _ := strings.Cut(text, ",")
	if l.Addr, err = netip.ParseAddrPort(at); err != nil {
		addr, err := netip.ParseAddr(at)
		if err != nil {
			return l, fmt.Errorf("%q is not an address", at)
		}
		l.Addr = netip.AddrPortFrom(addr, l2tpPort)
	}
	if habits == "" {
		return l, nil
	}
	for habit := range strings.SplitSeq(habits, ",") {
		key, value, _ := strings.Cut(habit, "=")
		if err := setHabit(&l, key, value, password); err != nil {
			return l, err
		}
	}
	return l, nil
}

func setHabit(l *sim.LNSConfig, key, value, password string) (err error) {
	switch key {
	case "name":
		l.Name = value
	case "window":
		var n uint64
		n, err = strconv.ParseUint(value, 10, 16)
		l.Window = uint16(n)
	case "hello":
		l.Hello, err = time.ParseDuration(value)
	case "pool":
		l.Pool, err = netip.ParseAddr(value)
		if err == nil && !l.Pool.Is4() {
			err = errors.New("not an IPv4 address")
		}
	case "ppp":
		l.NoPPP, err = choose("ppp", value, map[string]bool{"none": true})
	case "lcp":
		l.LCPAgain, err = choose("lcp", value, map[string]bool{"again": true})
	case "auth":
		l.AuthAgain = true
		l.Auth, err = choose("auth", value, map[string]ppp.Protocol{"again": ppp.CHAP, "again-pap": ppp.PAP})
	case "check":
		l.Password = password
	case "cdn":
		l.CDN, l.RefuseEvery, err = parseResult(value)
	case "stopccn":
		l.StopCCN, _, err = parseResult(value)
	case "delay":
		l.Delay, err = time.ParseDuration(value)
	case "silent":
		l.SilentAfter, err = time.ParseDuration(value)
	case "stop":
		l.StopAfter, err = time.ParseDuration(value)
	case "die":
		l.DieAfter, err = time.ParseDuration(value)
	default:
		return fmt.Errorf("no habit is called %q", key)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

// parseResult reads a result code, an error code and a number.
func parseResult(s string) (r l2tp.Result, every int, err error) {
	var n [3]uint64
	parts := strings.Split(s, "/")
	if len(parts) > len(n) {
		return r, 0, fmt.Errorf("%q has too many parts", s)
	}
	for i, p := range parts {
		if n[i], err = strconv.ParseUint(p, 10, 16); err != nil {
			return r, 0, fmt.Errorf("%q is not a number", p)
		}
	}
	if n[0] == 0 {
		return r, 0, errors.New("0 is not a result")
	}
	return l2tp.Result{Code: uint16(n[0]), Error: uint16(n[1])}, int(n[2]), nil
}
