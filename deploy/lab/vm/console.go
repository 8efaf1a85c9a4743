package vm

import (
	"regexp"
	"strings"
)

// trouble matches what a kernel says when something in it is broken. The words
// are at the start of a message or where the kernel puts them after its own
// prefix, so that an innocent "DEBUG:" does not count.
var trouble = regexp.MustCompile(`\bBUG\b|\bWARNING:|\bOops\b|refcount_t|unregister_netdevice: waiting|` +
	`Kernel panic|general protection fault|\bKASAN\b|possible deadlock|blocked for more than|Call Trace:`)

// boot messages that match and mean nothing: the guest's firmware and CPU are
// QEMU's, and a panic is asked for on an oops.
var innocent = regexp.MustCompile(`Command line:|Spectre|MDS CPU bug|Speculative|RETBleed|Retbleed|ITS:|TSA:`)

// consoleTrouble returns the lines of a kernel console that mean a broken kernel.
func consoleTrouble(console string) []string {
	var found []string
	for line := range strings.Lines(console) {
		line = strings.TrimRight(line, "\r\n")
		if trouble.MatchString(line) && !innocent.MatchString(line) {
			found = append(found, line)
		}
	}
	return found
}
