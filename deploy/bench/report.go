package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"
)

// Report is what a run of the command found.
type Report struct {
	Time    time.Time `json:"time"`
	Took    float64   `json:"seconds"`
	Commit  string    `json:"commit"`
	Machine string    `json:"machine"`
	Quick   bool      `json:"quick"`
	Figures []Figure  `json:"figures"`
	Errors  []string  `json:"errors,omitempty"`
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
		fmt.Fprintf(w, "\n%d. %s\n", g, groups[g])
		t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
		fmt.Fprintln(t, "  \tmedian\tleast to most\truns\tgoal")
		for _, row := range rows {
			fmt.Fprintf(t, "  %s\n", strings.TrimRight(strings.Join(row, "\t"), "\t"))
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	for _, e := range r.Errors {
		fmt.Fprintf(w, "\nnot measured: %s\n", e)
	}
	return nil
}

// markdown is the same for a page.
func (r *Report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, commit %s, %s, %v.\n", r.Time.Format(time.DateOnly), r.Commit, r.Machine, time.Duration(r.Took*float64(time.Second)).Round(time.Second))
	if r.Quick {
		b.WriteString("A quick run: small numbers, few repetitions.\n")
	}
	for g := 1; g <= len(groups); g++ {
		rows := r.rows(g)
		if len(rows) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n| %d. %s | median | least to most | runs | goal |\n|---|---|---|---|---|\n", g, groups[g])
		for _, row := range rows {
			fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
		}
	}
	for _, e := range r.Errors {
		fmt.Fprintf(&b, "\nNot measured: %s\n", e)
	}
	return b.String()
}

const (
	beginMark = "<!-- figures: written by bench -update -->"
	endMark   = "<!-- end of figures -->"
)

// splice puts text between the marks of a page.
func splice(page []byte, text string) ([]byte, error) {
	before, rest, ok := bytes.Cut(page, []byte(beginMark))
	_, after, ok2 := bytes.Cut(rest, []byte(endMark))
	if !ok || !ok2 {
		return nil, fmt.Errorf("the marks %s and %s are not there", beginMark, endMark)
	}
	return bytes.Join([][]byte{before, []byte(beginMark + "\n\n" + text + "\n" + endMark), after}, nil), nil
}

// update writes the figures into a page.
func (r *Report) update(path string) error {
	page, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	page, err = splice(page, r.markdown())
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
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
	r.Errors = append(r.Errors, fmt.Sprintf("%d. %s: %s", group, groups[group], strings.ReplaceAll(err.Error(), "\n", "; ")))
}
