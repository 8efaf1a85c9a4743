// Command demo plays the lab's demonstration, or with -case one of its cases, in a
// virtual machine and checks what was captured there. With -inside it is the half
// that runs in the machine, with arguments one of the programs started there. With
// -native it plays the scripts that take no machine of their own.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"lacd/deploy/lab/lab"
)

func main() {
	self, err := os.Executable()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
	o := lab.Options{Out: os.Stdout}
	native := flag.Bool("native", false, "play on this machine, in namespaces; status 3: it cannot be done here")
	inside := flag.Bool("inside", false, "play here: this is the throw-away machine")
	flag.StringVar(&o.Case, "case", "", "play this `case` in place of the demonstration")
	flag.StringVar(&o.Bin, "bin", filepath.Dir(self), "`directory` of lacd, lacctl, vmrun and demo")
	flag.StringVar(&o.Artifacts, "artifacts", filepath.Join(os.TempDir(), "lacd-demo"), "`directory` for captures and logs")
	flag.StringVar(&o.Dataplane, "dataplane", "auto", "lacd's `data plane`")
	flag.BoolVar(&o.PeersOnly, "peers", false, "start the peers but not lacd, to check the lab itself")
	list := flag.Bool("cases", false, "list the cases")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	switch {
	case flag.NArg() > 0:
		err = lab.Helper(ctx, flag.Args())
	case *list:
		names, about := lab.Cases()
		if *native {
			names, about = lab.NativeCases()
		}
		for i, name := range names {
			fmt.Printf("%-12s %s\n", name, about[i])
		}
	case *native:
		err = lab.Native(ctx, o)
	case *inside:
		err = lab.Run(ctx, o)
	default:
		err = lab.Drive(ctx, o)
	}
	stop()
	if errors.Is(err, lab.ErrNotHere) {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(3)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}
