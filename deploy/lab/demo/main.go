// Command demo plays the lab's scenario in a virtual machine and checks what was
// captured there. With -inside it is the half that runs in the machine.
package main

import (
	"context"
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
	inside := flag.Bool("inside", false, "play here: this is the throw-away machine")
	flag.StringVar(&o.Bin, "bin", filepath.Dir(self), "`directory` of lacd, lacctl, vmrun and demo")
	flag.StringVar(&o.Artifacts, "artifacts", filepath.Join(os.TempDir(), "lacd-demo"), "`directory` for captures and logs")
	flag.StringVar(&o.Dataplane, "dataplane", "auto", "lacd's `data plane`")
	flag.BoolVar(&o.PeersOnly, "peers", false, "start the peers but not lacd, to check the lab itself")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	play := lab.Drive
	if *inside {
		play = lab.Run
	}
	err = play(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}
