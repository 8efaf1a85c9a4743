package main

import (
	"fmt"
	"strings"

	"lacd/lac/admin"
)

// reload has lacd read its configuration again.
func (t *tool) reload(string) error {
	var answer admin.Reloaded
	raw, err := t.ask("POST", "/v1/reload", nil, &answer)
	if err != nil {
		return err
	}
	if t.json {
		return t.printJSON(raw)
	}
	if len(answer.Changes)+len(answer.Restart) == 0 {
		fmt.Fprintln(t.out, "nothing has changed")
	}
	for _, c := range answer.Changes {
		fmt.Fprintln(t.out, printable(c))
	}
	for _, c := range answer.Restart {
		fmt.Fprintf(t.out, "needs a restart: %s\n", printable(c))
	}
	for _, w := range answer.Warnings {
		what, hint, _ := strings.Cut(w, "\n")
		fmt.Fprintf(t.out, "warning: %s\n", printable(what))
		if hint != "" {
			fmt.Fprintf(t.out, "  %s\n", printable(strings.TrimSpace(hint)))
		}
	}
	return nil
}
