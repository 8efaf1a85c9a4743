package radius

import "time"

// firstTimeout returns RT of the first transmission: IRT + RAND*IRT (RFC 5080
// section 2.2.1).
func (s *source) firstTimeout(irt time.Duration) time.Duration {
	return irt + s.jitter(irt)
}

// nextTimeout returns RT after prev: 2*RTprev + RAND*RTprev, but no more than
// MRT + RAND*MRT. A zero mrt is no limit.
func (s *source) nextTimeout(prev, mrt time.Duration) time.Duration {
	rt := 2*prev + s.jitter(prev)
	if mrt > 0 && rt > mrt {
		rt = mrt + s.jitter(mrt)
	}
	return rt
}
