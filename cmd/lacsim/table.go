package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"lacd/lac/lactest/load"
)

// table prints a result for people.
func table(w io.Writer, rep *load.Report) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	if c := rep.Clients; c != nil {
		fmt.Fprintf(t, "set-ups\tattempted\tup\tfailed\tlost\thung up\trepeated\tper second\tpeak\t\n")
		fmt.Fprintf(t, "\t%d\t%d\t%d\t%d\t%d\t%d\t%.0f\t%.0f\t\n\n",
			c.Attempted, c.Up, c.Failed, c.Lost, c.HungUp, c.Repeated, c.PerSecond, c.PeakPerSecond)
		fmt.Fprintf(t, "milliseconds\tp50\tp95\tp99\tmax\t\n")
		fmt.Fprintf(t, "PADI to PADS\t%.1f\t%.1f\t%.1f\t%.1f\t\n", c.Discovery.P50, c.Discovery.P95, c.Discovery.P99, c.Discovery.Max)
		fmt.Fprintf(t, "PADI to up\t%.1f\t%.1f\t%.1f\t%.1f\t\n\n", c.Setup.P50, c.Setup.P95, c.Setup.P99, c.Setup.Max)
	}
	if len(rep.LNS) > 0 {
		fmt.Fprintf(t, "LNS\ttunnels\trequested\tconnected\taddress\trefused\tended\tresent\t\n")
		for _, l := range rep.LNS {
			fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n", l.Address, l.Tunnels, l.Requested, l.Connected, l.Opened, l.Refused, l.Ended, l.Resends)
		}
		fmt.Fprintln(t)
	}
	if p := rep.Traffic; p != nil {
		fmt.Fprintf(t, "packets\tsent\treceived\tlost\treordered\tduplicated\tmisdelivered\t\n")
		fmt.Fprintf(t, "up\t%d\t%d\t%d\t%d\t%d\t%d\t\n", p.Up.Sent, p.Up.Received, p.Up.Lost, p.Up.Reordered+p.Up.Late, p.Up.Duplicated, p.Up.Misdelivered)
		fmt.Fprintf(t, "down\t%d\t%d\t%d\t%d\t%d\t%d\t\n\n", p.Down.Sent, p.Down.Received, p.Down.Lost, p.Down.Reordered+p.Down.Late, p.Down.Duplicated, p.Down.Misdelivered)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if c := rep.Clients; c != nil {
		why(w, "failed", c.FailedBy)
		why(w, "lost", c.LostBy)
	}
	fmt.Fprintf(w, "%.1f s, %.1f s of CPU\n", rep.Seconds, rep.CPUSeconds)
	return nil
}

func why(w io.Writer, what string, by map[string]uint64) {
	if len(by) == 0 {
		return
	}
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(by)) {
		parts = append(parts, fmt.Sprintf("%s %d", k, by[k]))
	}
	fmt.Fprintf(w, "%s: %s\n", what, strings.Join(parts, ", "))
}

// progress is a line on a terminal that is written again and again.
type progress struct{ w io.Writer }

// newProgress returns nil if w is not a terminal.
func newProgress(w io.Writer) *progress {
	f, ok := w.(*os.File)
	if !ok {
		return nil
	}
	if st, err := f.Stat(); err != nil || st.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	return &progress{w}
}

func (p *progress) show(rep *load.Report) {
	var line strings.Builder
	fmt.Fprintf(&line, "%4.0f s", rep.Seconds)
	if c := rep.Clients; c != nil {
		fmt.Fprintf(&line, "  up %d  dialling %d  failed %d  lost %d  peak %.0f/s", c.UpNow, c.Dialling, c.Failed, c.Lost, c.PeakPerSecond)
	}
	for _, l := range rep.LNS {
		fmt.Fprintf(&line, "  %s %d", l.Address, l.Calls)
	}
	if t := rep.Traffic; t != nil {
		fmt.Fprintf(&line, "  packets %d/%d", t.Up.Received, t.Down.Received)
	}
	fmt.Fprintf(p.w, "\r\033[K%s", line.String())
}

func (p *progress) end() { fmt.Fprintln(p.w) }
