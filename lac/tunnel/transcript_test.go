package tunnel

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the transcripts in testdata")

// A scene runs the commands of one transcript.
type scene interface {
	// command runs one line and returns nothing; what it causes is in output.
	command(t *testing.T, name string, args args)
	output() string
}

// transcripts runs the files that match the pattern. A file is a sequence of
// blocks: command lines, "----", what they cause, a blank line. Lines that
// begin with "#" are kept.
func transcripts(t *testing.T, pattern string, begin func() scene) {
	files, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v, %v", pattern, files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, begin(), string(want))
			switch {
			case *update:
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			case got != string(want):
				t.Errorf("got:\n%s", firstDifference(got, string(want)))
			}
		})
	}
}

func play(t *testing.T, s scene, text string) string {
	var out bytes.Buffer
	skipping := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		switch {
		case skipping:
			if line == "" {
				out.WriteByte('\n')
				skipping = false
			}
		case line == "----":
			fmt.Fprintf(&out, "----\n%s", s.output())
			skipping = true
		case line == "" || strings.HasPrefix(line, "#"):
			fmt.Fprintln(&out, line)
		default:
			fmt.Fprintln(&out, line)
			words := strings.Fields(line)
			s.command(t, words[0], parseArgs(words[1:]))
		}
	}
	if rest := s.output(); rest != "" {
		t.Errorf("unread output at the end:\n%s", rest)
	}
	return out.String()
}

// args are the words after a command: key=value, or a word alone.
type args map[string]string

func parseArgs(words []string) args {
	a := args{}
	for i, w := range words {
		k, v, ok := strings.Cut(w, "=")
		if !ok {
			k, v = fmt.Sprint(i), w
		}
		a[k] = v
	}
	return a
}

func (a args) num(t *testing.T, key string, missing int) int {
	t.Helper()
	s, ok := a[key]
	if !ok {
		return missing
	}
	var n int
	if _, err := fmt.Sscan(s, &n); err != nil {
		t.Fatalf("%s=%s: %v", key, s, err)
	}
	return n
}

func (a args) duration(t *testing.T, key string) time.Duration {
	t.Helper()
	if a[key] == "" {
		return 0
	}
	d, err := time.ParseDuration(a[key])
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// text returns a value with "_" for blanks.
func (a args) text(key string) string { return strings.ReplaceAll(a[key], "_", " ") }

// firstDifference returns the lines of got from a little before the first that
// is not in want.
func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range g {
		if i >= len(w) || g[i] != w[i] {
			return fmt.Sprintf("line %d\n%s", i+1, strings.Join(g[max(0, i-4):min(len(g), i+12)], "\n"))
		}
	}
	return "fewer lines than wanted"
}

// epoch is when transcripts begin.
var epoch = time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)

// A clock is virtual time that steps from deadline to deadline.
type clock struct{ now time.Time }

func (c *clock) since() string { return c.now.Sub(epoch).String() }

// wait lets time pass. Advance must leave nothing due.
func (c *clock) wait(t *testing.T, d time.Duration, deadline func() time.Time, advance func()) {
	t.Helper()
	end := c.now.Add(d)
	for steps := 0; ; steps++ {
		if steps > 10000 {
			t.Fatalf("%s: no end of deadlines", c.since())
		}
		at := deadline()
		if at.IsZero() || at.After(end) {
			break
		}
		if at.Before(c.now) {
			at = c.now
		}
		c.now = at
		advance()
		if at := deadline(); !at.IsZero() && !at.After(c.now) {
			t.Fatalf("%s: due again at %v", c.since(), at.Sub(epoch))
		}
	}
	c.now = end
}
