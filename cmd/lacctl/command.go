package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lacd/lac/admin"
)

const defaultSocket = "/run/lacd/admin.sock"

// tool is what every command works with.
type tool struct {
	in     io.Reader
	out    *bytes.Buffer
	socket string
	json   bool
	now    time.Time
}

func execute(args []string, getenv func(string) string, in io.Reader, out *bytes.Buffer) error {
	t := &tool{in: in, out: out, now: time.Now()}
	root := &cobra.Command{
		Use:               "lacctl",
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		Args:              cobra.ArbitraryArgs, // an unknown command arrives as one
		RunE:              choose("what to do"),
	}
	root.PersistentFlags().BoolVar(&t.json, "json", false, "")
	root.PersistentFlags().StringVar(&t.socket, "socket", cmp.Or(getenv("LACD_SOCKET"), defaultSocket), "")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return misused("%s", singleDash(err.Error())) })
	root.SetHelpFunc(func(*cobra.Command, []string) { out.WriteString(usage) })
	root.SetHelpCommand(&cobra.Command{Use: "help", Run: func(*cobra.Command, []string) { out.WriteString(usage) }})

	show := &cobra.Command{Use: "show", Args: cobra.ArbitraryArgs, RunE: choose("what to show")}
	show.AddCommand(
		leaf("sessions", "", func(string) error { return list(t, "/v1/sessions", sessions) }),
		leaf("session", "ID|USER", func(name string) error { return one(t, sessionPath(name), session) }),
		leaf("retailers", "", func(string) error { return list(t, "/v1/retailers", retailers) }),
		leaf("retailer", "NAME", func(name string) error { return one(t, "/v1/retailers/"+url.PathEscape(name), retailer) }),
		leaf("tunnels", "", func(string) error { return list(t, "/v1/tunnels", tunnels) }),
		leaf("lns", "", func(string) error { return list(t, "/v1/lns", lnses) }),
		leaf("status", "", func(string) error { return one(t, "/v1/status", status) }),
	)
	root.AddCommand(show, leaf("disconnect", "ID|USER", t.disconnect), leaf("drain", "LNS", t.drain),
		leaf("undrain", "LNS", t.undrain), leaf("reload", "", t.reload), t.explainCommand())
	root.SetArgs(doubleDash(args))
	return root.Execute()
}

// choose is the work of a command that needs a further word.
func choose(missing string) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return misused("say %s", missing)
		}
		return misused("unknown command %q", strings.TrimSpace(strings.TrimPrefix(c.CommandPath(), "lacctl")+" "+args[0]))
	}
}

// leaf is a command with one argument, or with none when arg is empty.
func leaf(name, arg string, work func(arg string) error) *cobra.Command {
	want := 0
	if arg != "" {
		want = 1
	}
	return &cobra.Command{
		Use: name,
		Args: func(c *cobra.Command, args []string) error {
			path := strings.TrimPrefix(c.CommandPath(), "lacctl ")
			switch {
			case len(args) > want && want == 0:
				return misused("%s takes no argument", path)
			case len(args) != want || want == 1 && args[0] == "":
				return misused("%s takes one argument, %s", path, arg)
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if want == 0 {
				return work("")
			}
			return work(args[0])
		},
	}
}

// list shows an answer that is a list.
func list[T any](t *tool, path string, show func(*tool, []T)) error {
	var answer []T
	raw, err := t.ask("GET", path, nil, &answer)
	if err != nil {
		return err
	}
	if t.json {
		if answer == nil {
			raw = []byte("[]") // null would be a third kind of answer
		}
		return t.printJSON(raw)
	}
	show(t, answer)
	return nil
}

// one shows an answer that is a single thing.
func one[T any](t *tool, path string, show func(*tool, *T)) error {
	var answer T
	raw, err := t.ask("GET", path, nil, &answer)
	if err != nil {
		return err
	}
	if t.json {
		return t.printJSON(raw)
	}
	show(t, &answer)
	return nil
}

func (t *tool) disconnect(name string) error {
	var answer admin.Disconnected
	raw, err := t.ask("DELETE", sessionPath(name), nil, &answer)
	if err != nil {
		return err
	}
	if t.json {
		return t.printJSON(raw)
	}
	for _, id := range answer.Sessions {
		fmt.Fprintf(t.out, "disconnecting session %s\n", printable(id))
	}
	return nil
}
