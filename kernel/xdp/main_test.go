package xdp

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"lacd/kernel/kerneltest"
)

// inside says that the process has a network namespace of its own.
const inside = "LACD_XDP_TEST_INSIDE"

// TestMain runs the tests in a network namespace that they have to themselves:
// a Dataplane works in that of its process.
func TestMain(m *testing.M) {
	if os.Getenv(inside) != "" {
		kerneltest.Main(m)
	}
	c := exec.Command("/proc/self/exe", os.Args[1:]...)
	c.Env = append(os.Environ(), inside+"=1")
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	err := c.Run()
	var exit *exec.ExitError
	switch {
	case errors.Is(err, syscall.EPERM):
		kerneltest.Main(m) // the tests say what they miss
	case errors.As(err, &exit):
		os.Exit(exit.ExitCode())
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}
