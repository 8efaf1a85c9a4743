// Command report runs the conformance suite and prints, for each case, what it
// shows and what came of it. It fails if a case fails or is missing, and if one
// is skipped where LACD_TEST_ROOT=1. Arguments are passed on to go test.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"lacd/lac/lactest/conformance"
)

const suite = "lacd/lac/lactest/conformance"

func main() {
	ok, err := run(os.Args[1:], os.Stdout)
	if err != nil {
		fmt.Fprintf(os.Stderr, "report: %v\n", err)
	}
	if !ok || err != nil {
		os.Exit(1)
	}
}

func run(args []string, w io.Writer) (bool, error) {
	cmd := exec.Command("go", append([]string{"test", "-json", "-count=1", suite}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return false, err
	}
	if err := cmd.Start(); err != nil {
		return false, err
	}
	r, err := read(out)
	werr := cmd.Wait()
	if err != nil {
		return false, err
	}
	ok := r.print(w, conformance.Cases, os.Getenv("LACD_TEST_ROOT") == "1")
	if ee := (*exec.ExitError)(nil); werr != nil && !errors.As(werr, &ee) {
		return false, werr
	}
	return ok && werr == nil, nil
}

// results are what the tests of a case came to.
type results struct {
	verdict map[string]string // by case: "pass", "fail" or "skip"
	seconds map[string]float64
	output  map[string][]string // by case, "" for the rest
}

// event is a line of go test -json.
type event struct {
	Action, Test, Output string
	Elapsed              float64
}

func read(r io.Reader) (*results, error) {
	res := &results{map[string]string{}, map[string]float64{}, map[string][]string{}}
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var e event
		if err := json.Unmarshal(sc.Bytes(), &e); err != nil {
			res.output[""] = append(res.output[""], sc.Text()+"\n") // of go itself
			continue
		}
		id := caseOf(e.Test)
		switch e.Action {
		case "output", "build-output":
			if !strings.HasPrefix(e.Output, "=== ") && !strings.HasPrefix(strings.TrimSpace(e.Output), "--- PASS") {
				res.output[id] = append(res.output[id], e.Output)
			}
		case "pass", "fail", "skip":
			if id != "" && !strings.Contains(e.Test, "/") {
				res.add(id, e)
			}
		}
	}
	return res, sc.Err()
}

// add counts one test of a case; the worst verdict is that of the case.
func (r *results) add(id string, e event) {
	rank := map[string]int{"": 0, "pass": 1, "skip": 2, "fail": 3}
	if rank[e.Action] > rank[r.verdict[id]] {
		r.verdict[id] = e.Action
	}
	r.seconds[id] += e.Elapsed
}

// caseOf returns "T01" for TestT01_Name and its subtests, "" for other tests.
func caseOf(test string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(test, "Test"), "/")
	id, _, _ := strings.Cut(name, "_")
	for _, c := range conformance.Cases {
		if c.ID == id {
			return id
		}
	}
	return ""
}

// print writes the table, and the output of what failed.
func (r *results) print(w io.Writer, cases []conformance.Case, strict bool) bool {
	count := map[string]int{}
	var failed []string
	for _, c := range cases {
		v := r.verdict[c.ID]
		if v == "" {
			v = "missing"
		}
		count[v]++
		if v == "fail" {
			failed = append(failed, c.ID)
		}
		fmt.Fprintf(w, "%-4s %-8s %6.1fs  %s\n", c.ID, v, r.seconds[c.ID], c.Shows)
	}
	for _, id := range failed {
		fmt.Fprintf(w, "\n%s:\n%s", id, strings.Join(r.output[id], ""))
	}
	if len(r.verdict) == 0 || len(failed) == 0 {
		fmt.Fprint(w, strings.Join(r.output[""], ""))
	}
	fmt.Fprintf(w, "\n%d cases: %d passed, %d failed, %d skipped, %d missing\n",
		len(cases), count["pass"], count["fail"], count["skip"], count["missing"])
	return count["fail"] == 0 && count["missing"] == 0 && (!strict || count["skip"] == 0)
}
