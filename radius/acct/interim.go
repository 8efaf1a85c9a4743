package acct

import (
	"hash/fnv"
	"time"
)

// MinInterim is the shortest interval a server may ask for: "The value MUST
// NOT be smaller than 60" (RFC 2869 section 5.16).
const MinInterim = time.Minute

// Interval returns how often a session sends Interim records; 0: never. The
// configured interval is a minimum for what the server grants (RFC 2869
// section 2.1 as softened by RFC 5080 section 2.3.4), and the value where it
// grants none.
func Interval(granted, configured time.Duration) time.Duration {
	if granted <= 0 {
		return max(0, configured)
	}
	return max(granted, configured, MinInterim)
}

// NextInterim returns when the session that began at start sends its first
// Interim after now; zero if interval is 0. The sessions' instants are spread
// over the interval, the first between a half and one and a half intervals
// after the start, so that many that began at once do not report at once (RFC
// 2869 section 2.1).
func NextInterim(now, start time.Time, interval time.Duration, session string) time.Time {
	if interval <= 0 {
		return time.Time{}
	}
	h := fnv.New64a()
	h.Write([]byte(session))
	first := start.Add(interval/2 + time.Duration(h.Sum64()%uint64(interval)))
	if now.Before(first) {
		return first
	}
	return first.Add((now.Sub(first)/interval + 1) * interval)
}
