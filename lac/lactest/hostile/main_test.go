package hostile

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"lacd/lac/lactest/script"
)

func TestMain(m *testing.M) {
	code := m.Run()
	script.Clean()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintf(os.Stderr, "goroutines left behind: %v\n", err)
			code = 1
		}
	}
	os.Exit(code)
}
