package main

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// table prints aligned columns.
type table struct {
	out   *bytes.Buffer
	head  []string // printed before the first row
	text  []byte   // cells with tabs between them
	style uint     // flags of tabwriter
}

func (t *tool) table(head ...string) *table { return &table{out: t.out, head: head} }

// pairs is a table without a head: names and values.
func (t *tool) pairs() *table { return t.table() }

func (w *table) row(cells ...string) {
	if len(w.text) == 0 && len(w.head) > 0 {
		w.text = append(w.text, strings.Join(w.head, "\t")+"\n"...)
	}
	for i, c := range cells {
		if c = printable(c); c == "" {
			c = "-"
		}
		if i > 0 {
			w.text = append(w.text, '\t')
		}
		w.text = append(w.text, c...)
	}
	w.text = append(w.text, '\n')
}

// some adds a row unless its value is empty.
func (w *table) some(name, value string) {
	if value != "" {
		w.row(name, value)
	}
}

// end prints the table, or what to say when it has no rows.
func (w *table) end(empty string) {
	if len(w.text) == 0 && empty != "" {
		fmt.Fprintln(w.out, empty)
		return
	}
	// Writing to a buffer does not fail.
	tab := tabwriter.NewWriter(w.out, 0, 8, 2, ' ', w.style)
	_, _ = tab.Write(w.text)
	_ = tab.Flush()
}

// printable keeps what subscribers and peers send from acting on the terminal
// or on the columns.
func printable(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return r == unicode.ReplacementChar || !unicode.IsPrint(r) }) {
		return strconv.Quote(s)
	}
	return s
}

// escaped writes what cannot be printed as JSON escapes, which mean the same.
// JSON itself wants that for control characters below space only.
func escaped(raw []byte) []byte {
	out := make([]byte, 0, len(raw))
	for _, r := range string(raw) {
		switch {
		case r < utf8.RuneSelf && r != 0x7f, r != unicode.ReplacementChar && unicode.IsPrint(r):
			out = utf8.AppendRune(out, r)
		default:
			for _, u := range utf16.Encode([]rune{r}) {
				out = fmt.Appendf(out, `\u%04x`, u)
			}
		}
	}
	return out
}

// age is a duration of minutes to months, in its two largest units.
func age(d time.Duration) string {
	d = max(d, 0)
	s := int(d / time.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 3600:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	case s < 86400:
		return fmt.Sprintf("%dh%02dm", s/3600, s/60%60)
	}
	return fmt.Sprintf("%dd%02dh", s/86400, s/3600%24)
}

// precise is a duration of microseconds to minutes, in three digits or so.
func precise(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%dµs", d.Microseconds())
	case d < time.Second:
		return fmt.Sprintf("%.1fms", float64(d)/float64(time.Millisecond))
	case d < time.Minute:
		return fmt.Sprintf("%.2fs", d.Seconds())
	}
	return age(d)
}

// octets is a count of octets in decimal units.
func octets(n uint64) string {
	if n < 1000 {
		return strconv.FormatUint(n, 10) + "B"
	}
	f, unit := float64(n), 0
	for f >= 999.95 && unit < 6 {
		f, unit = f/1000, unit+1
	}
	return fmt.Sprintf("%.1f%cB", f, "0kMGTPE"[unit])
}
