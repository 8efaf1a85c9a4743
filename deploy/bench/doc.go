// Command bench measures the gateway and prints one table: what forwarding a
// frame costs beside a bare redirect, what a set-up costs from one session to
// 64 thousand, how long an outage of an LNS lasts, and what a storm does.
//
// Figures of one machine say little, so each group has what it is to be compared
// with in the same run. A figure that is noisy is the median of several runs and
// has the least and the most beside it. Goals are shown as met or not met; a goal
// that is not met is no failure of the command, something that could not be
// measured is.
//
// Groups 3 to 5 start the real lacd, with the data plane "none", and lacsim as
// subscribers and LNSes, in two network namespaces that are held by processes of
// this command's own: nothing is left of them however it ends.
package main
