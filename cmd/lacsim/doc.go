// Lacsim is thousands of PPPoE clients on one network device and LNSes on
// another, in one process, to load a LAC between them. lacsim -help has the
// options; package lac/lactest/sim has what clients and LNSes can do.
//
// With -json the result is one object. Keys are added, not changed. What does not
// take part in the run is left out.
//
//	seconds                        how long the run took
//	cpu_seconds, max_rss_bytes     what lacsim itself has used
//	interrupted, timed_out         why it ended before it was done
//	unmet                          what was expected and did not come true; left out: nothing
//	clients
//	  number                       of clients
//	  attempted, up, failed        set-ups begun, that came up, that did not
//	  failed_by                    reason → set-ups, as below
//	  up_now, dialling             when the clients were told to hang up
//	  lost, lost_by                sessions that were up and that the other side ended
//	  hung_up                      sessions that the client ended
//	  repeated                     requests sent again
//	  odd_frames                   frames no client could make anything of
//	  port_drops                   frames the kernel dropped before they were read
//	  port_send_errors             frames the device refused
//	  setups_per_second            up, by the time from the first PADI to the last up
//	  setups_per_second_peak       within the best second; 0: the run was shorter
//	  padi_to_pads_ms              first PADI to PADS: p50, p95, p99, max
//	  padi_to_up_ms                first PADI to what -up says: likewise
//	lns                            a list, in the order of -lns
//	  address
//	  tunnels, calls               established when the clients were told to hang up
//	  requested, connected         ICRQs, ICCNs
//	  refused                      calls, with CDN
//	  opened                       calls in which the client got an address
//	  ended                        calls that were connected and are over
//	  resends                      control messages sent again
//	  odd                          datagrams and frames it could make nothing of
//	  socket_drops                 datagrams the kernel dropped before they were read
//	traffic, up and down           from and to the clients
//	  sent, received, octets       packets; each counts once, at its own session
//	  lost                         sent and not received; with clients or LNSes
//	                               alone: numbers missing below the highest received
//	  reordered, duplicated        came after a later one, came again
//	  misdelivered                 came out of another session than they were made for
//	  late                         64 or more numbers behind: the second or the first time
//
// Reasons of failed_by and lost_by: no_pado, no_pads, pads_error (an error tag),
// no_lcp, no_auth, refused (PAP Nak, CHAP Failure), no_ipcp, no_call (no ICCN in
// time), terminated (LCP Terminate-Request), padt, no_echo, abandoned (the run
// ended first).
package main
