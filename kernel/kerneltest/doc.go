// Package kerneltest holds what tests need in place of, or around, the kernel:
//
//   - Fake, a Dataplane in memory that records what it is told, and can be made
//     to fail, to wait and to lose bridges;
//   - NewPipe, two Ports connected in memory;
//   - TestDataplane, the suite that every kernel.Dataplane has to pass;
//   - Netns, Veth and the Need functions, for tests in network namespaces;
//   - Main, a TestMain that fails on goroutines and file descriptors left behind.
//
// Fake and the pipe use no clock but package time and block only on what they
// made themselves, so they work inside a testing/synctest bubble when they are
// made inside it.
package kerneltest
