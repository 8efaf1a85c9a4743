package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// bridgeLimit is how long each of the two machines may take. A machine that counts
// instructions cannot be held to its own clock, which leaps while it waits for
// the host.
const bridgeLimit = 5 * time.Minute

// bridging measures group 2, by the benchmarks of the data plane pppbridge in
// virtual machines.
func (b *bench) bridging(ctx context.Context) error {
	vmrun, test := filepath.Join(b.dir, "vmrun"), filepath.Join(b.dir, "pppbridge.test")
	if _, err := run(ctx, "", "env", "CGO_ENABLED=0", "go", "build", "-o", vmrun, "lacd/deploy/lab/vmrun"); err != nil {
		return err
	}
	if _, err := run(ctx, "", "env", "CGO_ENABLED=0", "go", "test", "-c", "-o", test, "lacd/kernel/pppbridge"); err != nil {
		return err
	}
	inVM := func(which string, runs int, flags ...string) ([]result, error) {
		ctx, cancel := context.WithTimeoutCause(ctx, bridgeLimit, fmt.Errorf("the virtual machine takes more than %v", bridgeLimit))
		defer cancel()
		args := append([]string{"env", "LACD_TEST_VM=1", "LACD_TEST_ROOT=1", vmrun, "-timeout", "0"}, flags...)
		args = append(args, "--", test, "-test.run", "^$", "-test.bench", which, "-test.benchtime", "1x", "-test.count", strconv.Itoa(runs))
		out, err := run(ctx, "", args...)
		if err != nil {
			return nil, err
		}
		all, err := parseBench(out)
		if err == nil && len(all) == 0 {
			err = fmt.Errorf("the benchmark says nothing: %s", lastLines(out, 5))
		}
		return all, err
	}
	which, runs := "Forward", 7
	if b.quick {
		which, runs = "Forward/.*/octets=64", 1
	}
	forward, err := inVM(which, runs, "-count")
	if err != nil {
		return err
	}
	b.show(bridgeFigures(forward)...)
	bridges, err := inVM("Bridges", runs)
	if err != nil {
		return err
	}
	b.show(
		sampleOf(bridges, "Bridges", "adds/s").figure(2, "bridges made by 64 executors", "/s", nil),
		sampleOf(bridges, "Bridges", "removes/s").figure(2, "bridges removed by 64 executors", "/s", nil),
	)
	return nil
}

// bridgeFigures are the lines of results, several with a name.
func bridgeFigures(all []result) (figures []Figure) {
	for i := range all {
		name := all[i].name
		if slices.ContainsFunc(all[:i], func(r result) bool { return r.name == name }) {
			continue
		}
		dir, _, _ := strings.Cut(strings.TrimPrefix(name, "Forward/"), "/")
		of := fmt.Sprintf("%s, %s octets: ", dir, all[i].part("octets"))
		figures = append(figures,
			sampleOf(all, name, "ip-ns/pkt").figure(2, of+"IP forwarding", "instructions", nil),
			sampleOf(all, name, "ns/pkt").figure(2, of+"pppbridge", "instructions", nil),
			sampleOf(all, name, "x-ip").figure(2, of+"pppbridge", "× IP forwarding", nil),
		)
	}
	return figures
}
