package main

import (
	"cmp"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"lacd/lac/lactest/load"
	"lacd/lac/lactest/sim"
	"lacd/pppoe/wire"
)

var errHelp = errors.New("help")

// options is what the command line says.
type options struct {
	access string
	json   bool
	load   load.Config
	expect expectations
}

// words are flags whose text means something.
type words struct {
	mac, vlan, inner, tpid, user, up, backoff, hangup string
	passwordFile, secretFile                          string
	lns                                               []string
	first, macs, payload                              uint
	upRate, downRate                                  float64
	size                                              int
}

func parse(args []string) (*options, error) {
	o := &options{expect: unexpecting}
	c := &sim.Config{}
	var w words
	fs := flag.NewFlagSet("lacsim", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	o.clientFlags(fs, c, &w)
	o.runFlags(fs, &w)
	switch err := fs.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return nil, errHelp
	case err != nil:
		return nil, err
	case fs.NArg() > 0:
		return nil, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	case o.access == "" && len(w.lns) == 0:
		return nil, errors.New("neither -access nor -lns is given")
	}
	if err := w.clients(c); err != nil {
		return nil, err
	}
	if err := w.servers(o, c); err != nil {
		return nil, err
	}
	if o.access != "" {
		o.load.Clients = c
	}
	if c.UpAt == sim.Connected && o.access != "" && len(w.lns) == 0 {
		return nil, errors.New("-up iccn needs the LNSes in the same run")
	}
	return o, o.expect.check(o.access != "")
}

func (o *options) clientFlags(fs *flag.FlagSet, c *sim.Config, w *words) {
	fs.StringVar(&o.access, "access", "", "")
	fs.IntVar(&c.Number, "n", 100, "")
	fs.UintVar(&w.first, "first", 0, "")
	fs.StringVar(&w.mac, "mac", "02:10:00:00:00:00", "")
	fs.UintVar(&w.macs, "macs", 0, "")
	fs.StringVar(&w.vlan, "vlan", "", "")
	fs.StringVar(&w.inner, "inner", "", "")
	fs.StringVar(&w.tpid, "tpid", "8100", "")
	fs.StringVar(&w.user, "user", "user%d@acme.example", "")
	fs.StringVar(&w.passwordFile, "password-file", "", "")
	fs.BoolVar(&c.PAP, "pap", false, "")
	fs.StringVar(&c.Service, "service", "", "")
	fs.StringVar(&c.ACName, "ac", "", "")
	fs.UintVar(&w.payload, "max-payload", 0, "")
	fs.StringVar(&c.Circuit, "circuit", "", "")
	fs.StringVar(&c.Remote, "remote", "", "")
	fs.Float64Var(&c.Rate, "rate", 0, "")
	fs.IntVar(&c.Window, "window", 0, "")
	fs.StringVar(&w.up, "up", "ipcp", "")
	fs.DurationVar(&c.Timeout, "setup-timeout", 30*time.Second, "")
	fs.DurationVar(&c.Retry, "retry", 3*time.Second, "")
	fs.IntVar(&c.Tries, "tries", 5, "")
	fs.BoolVar(&c.Redial, "redial", false, "")
	fs.StringVar(&w.backoff, "backoff", "1s,30s", "")
	fs.DurationVar(&c.Hold, "hold", 0, "")
	fs.DurationVar(&c.Think, "think", 0, "")
	fs.IntVar(&c.Cycles, "cycles", 1, "")
	fs.StringVar(&w.hangup, "hangup", "padt", "")
	fs.Float64Var(&c.HangUpRate, "hangup-rate", 10_000, "")
	fs.DurationVar(&c.Echo, "echo", 0, "")
}

func (o *options) runFlags(fs *flag.FlagSet, w *words) {
	fs.Func("lns", "", func(s string) error {
		w.lns = append(w.lns, s)
		return nil
	})
	fs.StringVar(&w.secretFile, "secret-file", "", "")
	fs.Float64Var(&w.upRate, "up-rate", 0, "")
	fs.Float64Var(&w.downRate, "down-rate", 0, "")
	fs.IntVar(&w.size, "size", 64, "")
	fs.DurationVar(&o.load.Stay, "stay", 0, "")
	fs.DurationVar(&o.load.Timeout, "timeout", 2*time.Minute, "")
	fs.DurationVar(&o.load.Grace, "grace", 5*time.Second, "")
	fs.BoolVar(&o.json, "json", false, "")
	o.expect.flags(fs)
}

// clients completes what the flags say about clients.
func (w *words) clients(c *sim.Config) (err error) {
	if c.MAC, err = parseMAC(w.mac); err != nil {
		return err
	}
	if c.Outer, err = parseRange("-vlan", w.vlan); err != nil {
		return err
	}
	if c.Inner, err = parseRange("-inner", w.inner); err != nil {
		return err
	}
	switch {
	case c.Inner != (sim.Range{}) && c.Outer == (sim.Range{}):
		return errors.New("-inner needs -vlan")
	case c.Number < 1 || c.Number > 1<<20:
		return fmt.Errorf("-n %d: not within 1 to 1048576", c.Number)
	case w.first > 1<<24 || w.macs > 1<<20:
		return errors.New("-first or -macs is too large")
	case w.payload != 0 && (w.payload < 1492 || w.payload > 9000):
		return fmt.Errorf("-max-payload %d: not within 1492 to 9000", w.payload)
	case w.size < sim.MinPayload || w.size > 1500:
		return fmt.Errorf("-size %d: not within %d to 1500", w.size, sim.MinPayload)
	case c.Cycles < 1 || c.Tries < 1 || c.Tries > 100 || c.Window < 0 || c.Rate < 0 || w.upRate < 0 || w.downRate < 0 || c.HangUpRate <= 0:
		return errors.New("a number is too small or too large")
	case c.Cycles > 1 && c.Hold == 0:
		return errors.New("-cycles needs -hold")
	}
	if c.TPID, err = choose("-tpid", w.tpid, map[string]uint16{"8100": wire.CTag, "88a8": wire.STag, "9100": wire.LegacySTag}); err != nil {
		return err
	}
	c.UpAt, err = choose("-up", w.up, map[string]sim.Milestone{"ipcp": sim.Opened, "iccn": sim.Connected, "auth": sim.Proven})
	if err != nil {
		return err
	}
	c.HangUp, err = choose("-hangup", w.hangup, map[string]sim.HangUp{"padt": sim.ByPADT, "terminate": sim.ByTerminate, "silent": sim.Silently})
	if err != nil {
		return err
	}
	least, most, _ := strings.Cut(w.backoff, ",")
	if c.Backoff, err = time.ParseDuration(least); err != nil {
		return fmt.Errorf("-backoff: %w", err)
	}
	if c.BackoffMax, err = time.ParseDuration(cmp.Or(most, least)); err != nil {
		return fmt.Errorf("-backoff: %w", err)
	}
	if c.Password, err = secret(w.passwordFile, "lacsim"); err != nil {
		return err
	}
	c.First, c.MACs, c.MaxPayload = uint32(w.first), uint32(w.macs), uint16(w.payload)
	c.Users = strings.Split(w.user, ",")
	c.Traffic = sim.Traffic{Rate: w.upRate, Size: w.size}
	c.Seed = seed()
	return nil
}

func seed() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return binary.NativeEndian.Uint64(b[:])
}

// secret reads the first line of a file. Secrets are not given on the command
// line, which everybody can read.
func secret(path, otherwise string) (string, error) {
	if path == "" {
		return otherwise, nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(b), "\n")
	if line == "" {
		return "", fmt.Errorf("%s: the first line is empty", path)
	}
	return line, nil
}

func choose[T any](name, word string, from map[string]T) (T, error) {
	v, ok := from[word]
	if !ok {
		return v, fmt.Errorf("%s: %q is none of what there is", name, word)
	}
	return v, nil
}

func parseMAC(s string) (m wire.MAC, err error) {
	parts := strings.Split(s, ":")
	if len(parts) != len(m) {
		return m, fmt.Errorf("-mac %q: not an Ethernet address", s)
	}
	for i, p := range parts {
		b, err := strconv.ParseUint(p, 16, 8)
		if err != nil {
			return m, fmt.Errorf("-mac %q: not an Ethernet address", s)
		}
		m[i] = byte(b)
	}
	if m.IsMulticast() {
		return m, fmt.Errorf("-mac %q: a group address", s)
	}
	return m, nil
}

func parseRange(name, s string) (r sim.Range, err error) {
	if s == "" {
		return r, nil
	}
	a, b, ok := strings.Cut(s, "-")
	if !ok {
		b = a
	}
	first, err1 := strconv.ParseUint(a, 10, 16)
	last, err2 := strconv.ParseUint(b, 10, 16)
	if err := cmp.Or(err1, err2); err != nil {
		return r, fmt.Errorf("%s %q: not a VLAN ID or range of them", name, s)
	}
	if first < 1 || last > 4094 || first > last {
		return r, fmt.Errorf("%s %q: VLAN IDs are 1 to 4094", name, s)
	}
	return sim.Range{First: uint16(first), Last: uint16(last)}, nil
}
