package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lacd/lac/admin"
)

func retailers(t *tool, all []admin.Retailer) {
	tab := t.table("NAME", "SESSIONS", "SETTING-UP", "STARTED", "SUCCEEDED", "FAILED", "LIMITED", "P50", "P95", "LNS", "RADIUS")
	for i := range all {
		r := &all[i]
		p50, p95 := "", ""
		if n := len(r.Stages); n > 0 && r.Stages[n-1].Count > 0 {
			p50, p95 = precise(r.Stages[n-1].P50), precise(r.Stages[n-1].P95)
		}
		tab.row(retailerName(r), outOf(r.Sessions, r.MaxSessions), strconv.Itoa(r.Sessions-r.Up), decimal(r.Started), decimal(r.Succeeded),
			decimal(sum(r.Failed)), decimal(sum(r.Limited)), p50, p95, lnsReady(r.LNS), radiusAlive(r.RADIUS))
	}
	tab.end("no retailers")
}

func retailerName(r *admin.Retailer) string {
	if r.Removed {
		return r.Name + " (removed)"
	}
	return r.Name
}

func retailer(t *tool, r *admin.Retailer) {
	fmt.Fprintf(t.out, "retailer %s\n", printable(retailerName(r)))
	tab := t.pairs()
	tab.some("  realms", strings.Join(r.Realms, ", "))
	tab.some("  authorize", r.Authorize)
	if r.DSCP > 0 {
		tab.row("  dscp", strconv.Itoa(int(r.DSCP)))
	}
	tab.row("  sessions", outOf(r.Sessions, r.MaxSessions)+", "+strconv.Itoa(r.Sessions-r.Up)+" of them being set up")
	tab.row("  set-ups", decimal(r.Started)+" started, "+decimal(r.Succeeded)+" succeeded, "+decimal(sum(r.Failed))+" failed")
	if r.MaxSetups > 0 {
		tab.row("  set-ups a second", strconv.Itoa(r.MaxSetups)+" at most")
	}
	tab.some("  failed", counts(r.Failed))
	tab.some("  ended", counts(r.Ended))
	tab.some("  limited", counts(r.Limited))
	tab.end("")

	if slices.ContainsFunc(r.Stages, func(s admin.Stage) bool { return s.Count > 0 }) {
		fmt.Fprintln(t.out, "\nhow long the stages take")
		tab = t.table("  STAGE", "COUNT", "P50", "P95", "MAX")
		for _, s := range r.Stages {
			tab.row("  "+s.Name, decimal(s.Count), precise(s.P50), precise(s.P95), precise(s.Max))
		}
		tab.end("")
	}
	if len(r.LNS) > 0 {
		fmt.Fprintln(t.out)
		lnses(t, r.LNS)
	}
	if len(r.RADIUS) > 0 {
		fmt.Fprintln(t.out)
		tab = t.table("RADIUS", "KIND", "STATE", "IN-FLIGHT", "SENT", "ANSWERED", "TIMEOUTS")
		for i := range r.RADIUS {
			s := &r.RADIUS[i]
			tab.row(s.Name, s.Kind, s.State, strconv.Itoa(s.InFlight), decimal(s.Sent), decimal(s.Answered), decimal(s.Timeouts))
		}
		tab.end("")
	}
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }

// outOf is a number with its limit, if it has one.
func outOf(n, limit int) string {
	if limit == 0 {
		return strconv.Itoa(n)
	}
	return strconv.Itoa(n) + "/" + strconv.Itoa(limit)
}

func sum(by map[string]uint64) (n uint64) {
	for _, c := range by {
		n += c
	}
	return n
}

// counts lists what was counted, the most first.
func counts(by map[string]uint64) string {
	words := slices.SortedFunc(maps.Keys(by), func(a, b string) int {
		return cmp.Or(cmp.Compare(by[b], by[a]), strings.Compare(a, b))
	})
	for i, w := range words {
		words[i] = decimal(by[w]) + " " + w
	}
	return strings.Join(words, ", ")
}

// lnsReady tells how many LNSes take calls.
func lnsReady(all []admin.LNS) string {
	ready := 0
	for i := range all {
		if all[i].State == "ready" {
			ready++
		}
	}
	return share(ready, len(all), "ready")
}

// radiusAlive tells how many servers answer, in any of their parts.
func radiusAlive(all []admin.RADIUS) string {
	alive := 0
	for i := range all {
		if all[i].State == "alive" {
			alive++
		}
	}
	return share(alive, len(all), "alive")
}

func share(n, of int, what string) string {
	if of == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d %s", n, of, what)
}
