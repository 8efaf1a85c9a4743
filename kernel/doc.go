// Package kernel is the boundary between the control plane and whatever
// carries the subscribers' frames. It holds value types and two interfaces:
//
//   - Dataplane joins PPPoE sessions to L2TP sessions. Backends are
//     kernel/pppbridge and kernel/xdp.
//   - Port carries the frames that the control plane itself reads and writes:
//     discovery, LCP and authentication. It is implemented by kernel/ethernet.
//
// Doubles of both, and the suite that every Dataplane must pass, are in
// kernel/kerneltest. Only the packages below this one know system calls; this
// one needs nothing but the standard library.
//
// A backend says what it misses through Probe: each feature has a name, and the
// error of an absent one satisfies errors.Is(err, ErrNotSupported). A missing
// privilege does not: it is an ordinary error, because another kernel would not
// help.
package kernel
