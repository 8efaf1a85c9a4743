package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
)

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
	inVM := func(which, times string, flags ...string) ([]result, error) {
		args := append([]string{"env", "LACD_TEST_VM=1", "LACD_TEST_ROOT=1", vmrun, "-timeout", "3m"}, flags...)
		args = append(args, "--", test, "-test.run", "^$", "-test.bench", which, "-test.benchtime", times)
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
	which, times := "Forward", "5x"
	if b.quick {
		which, times = "Forward/.*/octets=64", "1x"
	}
	all, err := inVM(which, "1x", "-count")
	if err != nil {
		return err
	}
	for i := range all {
		b.show(bridgeFigures(&all[i])...)
	}
	if all, err = inVM("Bridges", times); err != nil {
		return err
	}
	b.show(
		sample{all[0].of["adds/s"]}.figure(2, "bridges made by 64 executors", "/s", nil),
		sample{all[0].of["removes/s"]}.figure(2, "bridges removed by 64 executors", "/s", nil),
	)
	return nil
}

// bridgeFigures are the lines of a result.
func bridgeFigures(r *result) []Figure {
	dir, _, _ := strings.Cut(strings.TrimPrefix(r.name, "Forward/"), "/")
	of := fmt.Sprintf("%s, %s octets: ", dir, r.part("octets"))
	return []Figure{
		sample{r.of["ip-ns/pkt"]}.figure(2, of+"IP forwarding", "instructions", nil),
		sample{r.of["ns/pkt"]}.figure(2, of+"pppbridge", "instructions", nil),
		sample{r.of["x-ip"]}.figure(2, of+"pppbridge", "× IP forwarding", nil),
	}
}
