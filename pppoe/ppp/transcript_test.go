package ppp_test

import (
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lacd/pppoe/ppp"
	"lacd/pppoe/ppp/ppptest"
)

var update = flag.Bool("update", false, "rewrite the transcripts in testdata")

// TestTranscripts runs the conversations in testdata/*.txt. A block is the
// commands up to "----", then what the link did. Commands:
//
//	link [mru=n] [auth=CHAP,PAP|none] [multilink] [echo=d] [...]   a new link, started
//	frame WORDS    a frame from the subscriber; WORDS as for ppptest.Frame
//	ack            the last Configure-Request of the link is acknowledged
//	reflect        the last frame of the link comes back
//	wait D         time passes
//	reject "TEXT"  terminate  proxy  mru  authid
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got, err := replay(string(src))
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(strings.Split(string(src), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("transcript differs (-want +got):\n%s", diff)
			}
		})
	}
}

// replay runs the commands of a transcript and returns it with the output as it
// is now. Comments and blank lines between blocks are kept.
func replay(src string) (string, error) {
	var out strings.Builder
	r := new(replayer)
	skipping := false
	for n, line := range strings.Split(strings.TrimRight(src, "\n"), "\n") {
		switch {
		case line == "":
			skipping = false
		case skipping:
			continue
		case line == "----":
			fmt.Fprintf(&out, "----\n%s", r.out.String())
			r.out.Reset()
			skipping = true
			continue
		case strings.HasPrefix(line, "#"):
		default:
			if err := r.command(line); err != nil {
				return "", fmt.Errorf("line %d: %s: %w", n+1, line, err)
			}
		}
		fmt.Fprintln(&out, line)
	}
	return out.String(), nil
}

// replayer holds a link and the virtual time.
type replayer struct {
	link    *ppp.Link
	now     time.Time
	from    time.Time // of the command
	sent    []byte
	request []byte // the last Configure-Request sent
	out     strings.Builder
}

func (r *replayer) command(line string) error {
	verb, arg, _ := strings.Cut(line, " ")
	r.from = r.now
	switch verb {
	case "link":
		return r.newLink(arg)
	case "frame":
		f, err := ppptest.Frame(arg)
		if err != nil {
			return err
		}
		r.link.Receive(r.now, f)
		clear(f) // the link must not have kept it
	case "reflect":
		r.link.Receive(r.now, bytes.Clone(r.sent))
	case "ack":
		ack := bytes.Clone(r.request)
		ack[2] = byte(ppp.ConfigureAck)
		r.link.Receive(r.now, ack)
	case "wait":
		d, err := time.ParseDuration(arg)
		if err != nil {
			return err
		}
		r.wait(r.now.Add(d))
	case "reject":
		text, err := strconv.Unquote(arg)
		if err != nil {
			return err
		}
		r.link.Reject(r.now, text)
	case "terminate":
		r.link.Terminate(r.now)
	case "proxy":
		p := r.link.Proxy()
		fmt.Fprintf(&r.out, "first received %x\nlast sent      %x\nlast received  %x\n", p.FirstReceived, p.LastSent, p.LastReceived)
	case "mru":
		fmt.Fprintln(&r.out, r.link.MRU())
	case "authid":
		fmt.Fprintln(&r.out, r.link.AuthID())
	default:
		return fmt.Errorf("unknown command")
	}
	r.take()
	return nil
}

// wait lets time pass, from one deadline of the link to the next.
func (r *replayer) wait(until time.Time) {
	for {
		at := r.link.Deadline()
		if at.IsZero() || at.After(until) {
			break
		}
		r.now = at
		r.link.Advance(r.now)
		r.take()
	}
	r.now = until
	r.link.Advance(r.now)
}

func (r *replayer) newLink(args string) error {
	cfg := ppp.Config{Name: "lac", Auth: []ppp.Protocol{ppp.CHAP, ppp.PAP}}
	for arg := range strings.FieldsSeq(args) {
		if err := configure(&cfg, arg); err != nil {
			return err
		}
	}
	r.now = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	r.from = r.now
	r.link = ppp.NewLink(&cfg, [32]byte{1})
	r.link.Start(r.now)
	r.take()
	return nil
}

func configure(cfg *ppp.Config, arg string) error {
	word, value, _ := strings.Cut(arg, "=")
	n, _ := strconv.Atoi(value)
	d, _ := time.ParseDuration(value)
	switch word {
	case "mru":
		cfg.MRU = uint16(n)
	case "auth":
		cfg.Auth = map[string][]ppp.Protocol{
			"none": nil, "PAP": {ppp.PAP}, "CHAP": {ppp.CHAP}, "PAP,CHAP": {ppp.PAP, ppp.CHAP},
		}[value]
	case "multilink":
		cfg.Multilink = true
	case "maxconfigure":
		cfg.MaxConfigure = n
	case "echo":
		cfg.EchoInterval = d
	case "echofailures":
		cfg.EchoFailures = n
	default:
		return fmt.Errorf("unknown setting %q", arg)
	}
	return nil
}

// take writes what the link wants done.
func (r *replayer) take() {
	for _, a := range r.link.Take() {
		if d := r.now.Sub(r.from); d != 0 {
			fmt.Fprintf(&r.out, "%-6s ", "+"+d.String())
		}
		switch a := a.(type) {
		case ppp.Send:
			r.sent = a.Packet
			if p, err := ppp.ParsePacket(a.Packet); err == nil && p.Protocol == ppp.LCP && p.Code == ppp.ConfigureRequest {
				r.request = a.Packet
			}
			fmt.Fprintln(&r.out, "send", ppp.Describe(a.Packet))
		case ppp.Authenticate:
			fmt.Fprintf(&r.out, "authenticate %v id=%d name=%q challenge=%x response=%s packet=%s\n", a.Protocol, a.ID, a.Name, a.Challenge,
				hex.EncodeToString(a.Response), hex.EncodeToString(a.Packet))
		case ppp.Open:
			fmt.Fprintln(&r.out, "open")
		case ppp.Down:
			if a.Reason != 0 {
				fmt.Fprintln(&r.out, "down", a.Reason)
			} else {
				fmt.Fprintln(&r.out, "down")
			}
		case ppp.Closed:
			fmt.Fprintln(&r.out, "closed", a.Reason)
		case ppp.Drop:
			fmt.Fprintln(&r.out, "drop", a.What)
		}
	}
}
