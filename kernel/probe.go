package kernel

import (
	"errors"
	"fmt"
)

// Probe is the outcome of asking the running kernel for one feature.
type Probe struct {
	Feature string // what was asked for, as "L2TP sockets"
	Err     error  // nil: it is there; ErrNotSupported, wrapped: it is not
}

// String is one line for a log or a report.
func (p Probe) String() string {
	if p.Err == nil {
		return p.Feature + ": yes"
	}
	return fmt.Sprintf("%s: %v", p.Feature, p.Err)
}

// Missing joins the errors of the features that are not there. It is nil when
// all of them are.
func Missing(probes []Probe) error {
	var errs []error
	for _, p := range probes {
		if p.Err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", p.Feature, p.Err))
		}
	}
	return errors.Join(errs...)
}
