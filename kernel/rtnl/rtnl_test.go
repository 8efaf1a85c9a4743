package rtnl

import (
	"errors"
	"fmt"
	"testing"

	"github.com/vishvananda/netlink"
)

func TestDump(t *testing.T) {
	other := errors.New("no memory")
	for _, tt := range []struct {
		name  string
		errs  []error // of one answer after the other; the last stays
		asked int
		want  error
	}{
		{"whole", []error{nil}, 1, nil},
		{"interrupted twice", []error{netlink.ErrDumpInterrupted, fmt.Errorf("list: %w", netlink.ErrDumpInterrupted), nil}, 3, nil},
		{"never whole", []error{netlink.ErrDumpInterrupted}, tries, netlink.ErrDumpInterrupted},
		{"fails", []error{other, nil}, 1, other},
	} {
		t.Run(tt.name, func(t *testing.T) {
			asked := 0
			got, err := Dump(func() ([]int, error) {
				asked++
				return []int{asked}, tt.errs[min(asked, len(tt.errs))-1]
			})
			if asked != tt.asked || !errors.Is(err, tt.want) {
				t.Errorf("asked %d times, %v, want %d times, %v", asked, err, tt.asked, tt.want)
			}
			if len(got) != 1 || got[0] != asked {
				t.Errorf("got %v, want the last answer", got)
			}
		})
	}
}
