package file

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
)

// Error is one thing wrong with a configuration.
type Error struct {
	File    string
	Line    int
	Message string // lower case, no full stop
	Hint    string // what to do about it; may be empty
}

// Error returns "file:line: message", and the hint on a line of its own.
func (e *Error) Error() string {
	s := e.File + ":" + strconv.Itoa(e.Line) + ": " + e.Message
	if e.Hint != "" {
		s += "\n  hint: " + e.Hint
	}
	return s
}

// Errors is everything wrong with a configuration, in the order of the file.
type Errors []*Error

// Error returns the errors one below the other.
func (e Errors) Error() string { return strings.Join(e.lines(), "\n") }

// Unwrap gives errors.As each of the errors.
func (e Errors) Unwrap() []error {
	errs := make([]error, len(e))
	for i := range e {
		errs[i] = e[i]
	}
	return errs
}

func (e Errors) lines() []string {
	lines := make([]string, len(e))
	for i := range e {
		lines[i] = e[i].Error()
	}
	return lines
}

func (e Errors) sort() {
	slices.SortStableFunc(e, func(a, b *Error) int { return cmp.Compare(a.Line, b.Line) })
}

// fromHCL brings the parser's messages into our form.
func fromHCL(name string, diags hcl.Diagnostics) Errors {
	var errs Errors
	for _, diag := range diags {
		if diag.Severity != hcl.DiagError {
			continue
		}
		e := &Error{File: name, Line: 1, Message: sentence(diag.Summary)}
		if diag.Subject != nil {
			e.Line = diag.Subject.Start.Line
		}
		if detail := sentence(diag.Detail); detail != "" {
			e.Message += ": " + detail
		}
		switch diag.Summary {
		case "Variables not allowed":
			e.Message = "a value must be written out, names cannot be used"
			e.Hint = `put text in double quotes; inside quotes write $${ for ${`
		case "Function calls not allowed":
			e.Message = "a value must be written out, functions cannot be used"
		}
		errs = append(errs, e)
	}
	return errs
}

// sentence makes the first sentence of s lower case and takes its stop away.
func sentence(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	s, _, _ = strings.Cut(s, ". ")
	s = strings.TrimRight(strings.TrimSpace(s), ".")
	r, n := utf8.DecodeRuneInString(s)
	if second, _ := utf8.DecodeRuneInString(s[n:]); n == 0 || unicode.IsUpper(second) {
		return s
	}
	return string(unicode.ToLower(r)) + s[n:]
}
