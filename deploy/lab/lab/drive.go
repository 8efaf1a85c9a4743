package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

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
	cmd := exec.CommandContext(ctx, filepath.Join(o.Bin, "vmrun"), "-timeout", "4m", "-mem", "1536",
		"-artifacts", artifacts, "-console", filepath.Join(artifacts, "console.log"), "--",
		filepath.Join(o.Bin, "demo"), "-inside", "-bin", o.Bin, "-artifacts", artifacts,
		"-dataplane", o.Dataplane, "-peers="+strconv.FormatBool(o.PeersOnly))
	cmd.Stdout, cmd.Stderr = o.Out, o.Out
	played := cmd.Run()
	if played != nil {
		played = fmt.Errorf("the scenario: %w", played)
	}
	if o.PeersOnly {
		return played
	}
	fmt.Fprintln(o.Out, "\ncaptures")
	results, err := checkCaptures(ctx, artifacts)
	for _, r := range results {
		PrintResult(o.Out, r)
		if r.Failed != "" {
			err = errors.Join(err, errors.New(r.Name))
		}
	}
	fmt.Fprintf(o.Out, "\nlogs, captures and results: %s\n", artifacts)
	return errors.Join(played, err)
}

// clean makes the directory empty of an earlier run's files.
func clean(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, pattern := range []string{"*.pcap", "*.log", "*.json", "detail", "lacd.hcl"} {
		old, _ := filepath.Glob(filepath.Join(dir, pattern)) // the pattern is well-formed
		for _, file := range old {
			if err := os.Remove(file); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkCaptures has tshark dissect every capture and holds the LAC's L2TP
// messages against the AVP table. Its results are added to results.json.
func checkCaptures(ctx context.Context, dir string) ([]Result, error) {
	var results []Result
	add := func(name string, problems []string, err error) {
		r := Result{Name: name}
		for i, p := range problems {
			if i == 10 {
				r.Failed += fmt.Sprintf("\nand %d more", len(problems)-i)
				break
			}
			r.Failed += "\n" + p
		}
		if err != nil {
			r.Failed = err.Error()
		}
		results = append(results, r)
	}
	for _, c := range captures {
		problems, err := capture.Malformed(ctx, filepath.Join(dir, c.name+".pcap"))
		add(c.name+".pcap: tshark finds no malformed packet and no protocol error", problems, err)
	}
	messages, err := capture.Control(ctx, filepath.Join(dir, "core.pcap"), lacAddr)
	if err == nil && len(messages) == 0 {
		err = errors.New("no control message of the LAC")
	}
	add(fmt.Sprintf("core.pcap: the AVPs of the LAC's %d control messages have the M bit, H bit and length of RFC 2661", len(messages)),
		capture.Check(messages), err)
	all, err := ReadResults(dir)
	if err != nil {
		return results, err
	}
	return results, (&report{results: append(all, results...)}).save(filepath.Join(dir, resultsFile))
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
