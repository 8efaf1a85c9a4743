package lab

import (
	"context"
	"fmt"
	"os"
	"strconv"
)

// Helper runs one of the programs that the scripts start in a namespace: an end
// of a connection through a tunnel, or a peer of lacd's that no package of the
// distribution has.
func Helper(ctx context.Context, args []string) error {
	name, args := args[0], args[1:]
	h, ok := helpers[name]
	if !ok || len(args) != h.args {
		return fmt.Errorf("%s with %d arguments: the scripts know what to run", name, len(args))
	}
	return h.run(ctx, args)
}

// helper is a program with a fixed number of arguments.
type helper struct {
	args int
	run  func(ctx context.Context, args []string) error
}

var helpers = map[string]helper{
	"padt":  {3, func(_ context.Context, args []string) error { return sendPADT(args[0], args[1], args[2]) }},
	"serve": {1, func(ctx context.Context, args []string) error { return Serve(ctx, args[0]) }},
	"transfer": {3, func(ctx context.Context, args []string) error {
		size, err := strconv.ParseInt(args[1], 10, 64)
		if err != nil {
			return err
		}
		n, err := Transfer(ctx, args[0], size, args[2] == direction(true))
		fmt.Println(n)
		return err
	}},
}

// startHelper starts a helper in a namespace.
func (l *Lab) startHelper(name, ns string, args ...string) (*Proc, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return l.start(name, ns, append([]string{self}, args...)...)
}

// runHelper runs a helper to its end and returns what it printed.
func (l *Lab) runHelper(ctx context.Context, ns string, args ...string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	return l.run(ctx, ns, append([]string{self}, args...)...)
}
