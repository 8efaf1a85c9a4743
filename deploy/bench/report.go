package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Report is what a run of the command found.
type Report struct {
	Time    time.Time `json:"time"`
	Commit  string    `json:"commit"`
	Machine string    `json:"machine"`
	Quick   bool      `json:"quick"`
	Figures []Figure  `json:"figures"`

	Took   map[int]float64 `json:"seconds"`          // by group, those that were asked for
	Errors map[int]string  `json:"errors,omitempty"` // by group
}

var groups = map[int]string{
	1: "forwarding",
	2: "pppbridge, instructions in a virtual machine",
	3: "set-up",
	4: "failover",
	5: "storm",
}

// rows are a group's figures as words.
func (r *Report) rows(group int) (rows [][]string) {
	for _, f := range r.Figures {
		if f.Group != group {
			continue
		}
		span := ""
		if f.Runs > 1 {
			span = number(f.Least) + " to " + number(f.Most)
		}
		rows = append(rows, []string{f.What, number(f.Value) + " " + f.Unit, span, fmt.Sprint(f.Runs), strings.TrimSpace(f.Goal.String() + " " + f.Note)})
	}
	return rows
}

// table prints the figures.
func (r *Report) table(w io.Writer) error {
	for g := 1; g <= len(groups); g++ {
		rows := r.rows(g)
		if len(rows) == 0 {
			continue
		}
		fmt.Fprintf(w, "\n%d. %s, %v\n", g, groups[g], r.took(g))
		t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
		fmt.Fprintln(t, "  \tmedian\tleast to most\truns\tgoal")
		for _, row := range rows {
			fmt.Fprintf(t, "  %s\n", strings.TrimRight(strings.Join(row, "\t"), "\t"))
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	for _, g := range slices.Sorted(maps.Keys(r.Errors)) {
		fmt.Fprintf(w, "\nnot measured: %d. %s: %s\n", g, groups[g], r.Errors[g])
	}
	return nil
}

func (r *Report) took(group int) time.Duration {
	return time.Duration(r.Took[group] * float64(time.Second)).Round(time.Second)
}

// markdown is the same for a page, of one group.
func (r *Report) markdown(group int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, commit %s, %s, %v.\n", r.Time.Format(time.DateOnly), r.Commit, r.Machine, r.took(group))
	if r.Quick {
		b.WriteString("A quick run: small numbers, few repetitions.\n")
	}
	if rows := r.rows(group); len(rows) > 0 {
		fmt.Fprintf(&b, "\n| %d. %s | median | least to most | runs | goal |\n|---|---|---|---|---|\n", group, groups[group])
		for _, row := range rows {
			fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
		}
	}
	if e := r.Errors[group]; e != "" {
		fmt.Fprintf(&b, "\nNot measured: %s\n", e)
	}
	return b.String()
}

// marks are around the figures of a group in a page.
func marks(group int) (begin, end string) {
	return fmt.Sprintf("<!-- group %d: written by bench -update -->", group), fmt.Sprintf("<!-- end of group %d -->", group)
}

// splice puts text between the marks of a group.
func splice(page []byte, group int, text string) ([]byte, error) {
	begin, end := marks(group)
	before, rest, ok := bytes.Cut(page, []byte(begin))
	_, after, ok2 := bytes.Cut(rest, []byte(end))
	if !ok || !ok2 {
		return nil, fmt.Errorf("the marks %s and %s are not there", begin, end)
	}
	return bytes.Join([][]byte{before, []byte(begin + "\n\n" + text + "\n" + end), after}, nil), nil
}

// update writes the figures into a page. Those of groups that were not asked for
// stay.
func (r *Report) update(path string) error {
	page, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for g := range r.Took {
		if page, err = splice(page, g, r.markdown(g)); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return os.WriteFile(path, page, 0o644)
}

func (r *Report) save(path string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o644)
}

// machine describes what the figures are of.
func machine() string {
	model := "unknown processor"
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		release = []byte("unknown")
	}
	return fmt.Sprintf("%d CPUs of %s, Linux %s, %s", runtime.NumCPU(), model, strings.TrimSpace(string(release)), runtime.Version())
}

// commit names what is measured.
func commit() string {
	out, err := exec.Command("git", "describe", "--always", "--dirty", "--exclude", "*").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}

// fail notes what could not be measured.
func (r *Report) fail(group int, err error) {
	r.Errors[group] = strings.ReplaceAll(err.Error(), "\n", "; ")
}
