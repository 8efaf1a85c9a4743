// Package file reads lacd's configuration: HCL text in, settings and a
// policy.Policy out.
//
// Everything is refused, nothing is ignored: an unknown key, a wrong type, a
// value out of range, a name used twice, a reference to nothing and a key that
// has no effect are errors. All errors of a file are reported together, each
// as "file:line: message", followed by a "hint:" line where there is something
// to do about it. What works but should not stay is a warning in the same form.
//
// The structs hold the values in force: a key left out has its default, which
// is named in the comment of the field and in configs/lacd.hcl.
//
// One function per block reads its keys in the order of the reference file
// (node.go, access.go, ...); check.go looks at what blocks say about each
// other. Only load.go touches the system.
package file
