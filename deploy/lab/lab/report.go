package lab

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// Result is one expectation and what became of it.
type Result struct {
	Name   string        `json:"name"`
	Failed string        `json:"failed,omitempty"` // why; "" if it held
	At     time.Duration `json:"at"`               // since the start, nanoseconds
}

// report prints and collects results.
type report struct {
	mu      sync.Mutex // guards all: subscribers dial in at once
	out     io.Writer
	begin   time.Time
	results []Result
}

// check records an expectation; err says why it failed. It returns err == nil.
func (r *report) check(err error, format string, args ...any) bool {
	res := Result{Name: fmt.Sprintf(format, args...), At: time.Since(r.begin)}
	if err != nil {
		res.Failed = err.Error()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.results = append(r.results, res)
	PrintResult(r.out, res)
	return err == nil
}

// PrintResult writes a result for people.
func PrintResult(w io.Writer, r Result) {
	if r.Failed == "" {
		fmt.Fprintf(w, "  ok      %s\n", r.Name)
		return
	}
	fmt.Fprintf(w, "  FAILED  %s: %s\n", r.Name, strings.ReplaceAll(r.Failed, "\n", "\n          "))
}

// step prints a heading.
func (r *report) step(format string, args ...any) {
	fmt.Fprintf(r.out, "\n[%5.1fs] %s\n", time.Since(r.begin).Seconds(), fmt.Sprintf(format, args...))
}

// show prints text, indented.
func (r *report) show(text string) {
	for line := range strings.Lines(strings.TrimRight(text, "\n") + "\n") {
		fmt.Fprint(r.out, "    ", line)
	}
}

// failures returns how many expectations failed.
func (r *report) failures() int {
	return len(slices.DeleteFunc(slices.Clone(r.results), func(x Result) bool { return x.Failed == "" }))
}

// save writes the results for the host.
func (r *report) save(path string) error {
	text, err := json.MarshalIndent(r.results, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}

// sameSet compares two lists without regard to order.
func sameSet(got, want []string) error {
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if slices.Equal(got, want) {
		return nil
	}
	var missing, extra []string
	i, j := 0, 0
	for i < len(got) || j < len(want) {
		switch {
		case j == len(want) || i < len(got) && got[i] < want[j]:
			extra = append(extra, got[i])
			i++
		case i == len(got) || want[j] < got[i]:
			missing = append(missing, want[j])
			j++
		default:
			i, j = i+1, j+1
		}
	}
	return fmt.Errorf("got %d, want %d; missing %q, too many %q", len(got), len(want), missing, extra)
}
