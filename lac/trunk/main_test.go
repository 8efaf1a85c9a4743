package trunk

import (
	"testing"

	"lacd/kernel/kerneltest"
)

func TestMain(m *testing.M) { kerneltest.Main(m) }
