package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"lacd/deploy/lab/capture"
)

// Drive plays the scenario in a virtual machine and checks the captures on the
// host, where tshark is fast. Everything is in o.Artifacts afterwards.
func Drive(ctx context.Context, o Options) error {
	artifacts, err := filepath.Abs(o.Artifacts)
	if err != nil {
		return err
	}
	if err := clean(artifacts); err != nil {
		return err
	}
	s, err := scriptOf(o.Case)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(o.Bin, "vmrun"), "-timeout", (s.limit + stopLimit).String(), "-mem", "1536",
		"-artifacts", artifacts, "-console", filepath.Join(artifacts, "console.log"), "--",
		filepath.Join(o.Bin, "demo"), "-inside", "-case", o.Case, "-bin", o.Bin, "-artifacts", artifacts,
		"-dataplane", o.Dataplane, "-peers="+strconv.FormatBool(o.PeersOnly))
	cmd.Stdout, cmd.Stderr = o.Out, o.Out
	played := cmd.Run()
	if played != nil {
		played = fmt.Errorf("the scenario: %w", played)
	}
	if o.PeersOnly {
		return played
	}
	if _, err := os.Stat(filepath.Join(artifacts, resultsFile)); err != nil {
		return errors.Join(played, err) // it did not get as far as to keep its captures
	}
	fmt.Fprintln(o.Out, "\ncaptures")
	err = checkCaptures(ctx, s, artifacts, o.Out)
	fmt.Fprintf(o.Out, "\nlogs, captures and results: %s\n", artifacts)
	return errors.Join(played, err)
}

// clean makes the directory empty of an earlier run's files.
func clean(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, pattern := range []string{"*.pcap", "*.log", "*.json", "detail*", "lacd.hcl"} {
		old, _ := filepath.Glob(filepath.Join(dir, pattern)) // the pattern is well-formed
		for _, file := range old {
			if err := os.Remove(file); err != nil {
				return err
			}
		}
	}
	return nil
}

// stopLimit is the time to stop everything when a script's own is over.
const stopLimit = 60 * time.Second

// verdict is what the host says of a run, from its captures.
type verdict struct {
	*report
	dir string // of the artifacts
}

// core is the file with what was captured on the core.
func (v *verdict) core() string { return filepath.Join(v.dir, "core.pcap") }

// hold records an expectation that held unless there are problems.
func (v *verdict) hold(problems []string, err error, format string, args ...any) {
	const most = 10
	if n := len(problems) - most; n > 0 {
		problems = append(problems[:most:most], fmt.Sprintf("and %d more", n))
	}
	if err == nil && len(problems) > 0 {
		err = errors.New(strings.Join(problems, "\n"))
	}
	v.check(err, format, args...)
}

// checkCaptures has tshark dissect every capture and holds the LAC's L2TP
// messages against the AVP table, then asks the script's own judge. The results
// are added to results.json.
func checkCaptures(ctx context.Context, s script, dir string, out io.Writer) error {
	v := &verdict{&report{out: out, begin: time.Now()}, dir}
	for _, c := range s.scene().captures {
		problems, err := capture.Malformed(ctx, filepath.Join(dir, c.name+".pcap"))
		v.hold(problems, err, "%s.pcap: tshark finds no malformed packet and no protocol error", c.name)
	}
	messages, err := capture.Control(ctx, v.core(), lacAddr, "")
	if err == nil && len(messages) == 0 {
		err = errors.New("no control message of the LAC")
	}
	v.hold(capture.Check(messages), err,
		"core.pcap: the AVPs of the LAC's %d control messages have the M bit, H bit and length of RFC 2661", len(messages))
	if s.judge != nil {
		s.judge(ctx, v)
	}
	if n := v.failures(); n > 0 {
		err = fmt.Errorf("%d of the captures' expectations failed", n)
	}
	all, missing := ReadResults(dir)
	v.results = append(all, v.results...)
	return errors.Join(err, missing, v.save(filepath.Join(dir, resultsFile)))
}

// resultsFile holds the results in the artifacts directory.
const resultsFile = "results.json"

// ReadResults reads the results of a run from its artifacts directory.
func ReadResults(dir string) ([]Result, error) {
	text, err := os.ReadFile(filepath.Join(dir, resultsFile))
	if err != nil {
		return nil, fmt.Errorf("read the results: %w", err)
	}
	var all []Result
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("read the results: %w", err)
	}
	return all, nil
}
