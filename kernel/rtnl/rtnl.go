// Package rtnl asks the kernel for whole tables: devices, routes, neighbours.
package rtnl

import (
	"errors"

	"github.com/vishvananda/netlink"
)

// tries bounds how often a table is asked for that changes while it is read.
const tries = 20

// Dump returns what list does, asking again while the answer is of a table that
// changed meanwhile (NLM_F_DUMP_INTR): such an answer may lack entries or have
// them twice. On a machine where devices come and go that is nothing rare.
func Dump[T any](list func() ([]T, error)) ([]T, error) {
	var all []T
	var err error
	for range tries {
		if all, err = list(); !errors.Is(err, netlink.ErrDumpInterrupted) {
			break
		}
	}
	return all, err
}
