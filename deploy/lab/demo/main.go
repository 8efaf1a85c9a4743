// Command demo plays the lab's scenario in a virtual machine and checks what was
// captured there. With -inside it is the half that runs in the machine, with
// -serve and -transfer an end of a connection through a tunnel there.
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
	serve := flag.String("serve", "", "answer transfers on this `address`; the scenario runs this itself, as the next three")
	transfer := flag.String("transfer", "", "move octets to or from a server at this `address`")
	octets := flag.Int64("octets", 0, "`number` of octets to transfer")
	down := flag.Bool("down", false, "transfer from the server")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	switch {
	case *serve != "":
		err = lab.Serve(ctx, *serve)
	case *transfer != "":
		var n int64
		n, err = lab.Transfer(ctx, *transfer, *octets, *down)
		fmt.Println(n)
	case *inside:
		err = lab.Run(ctx, o)
	default:
		err = lab.Drive(ctx, o)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}
