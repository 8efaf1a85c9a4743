// Package script plays everybody around the gateway by hand, one octet at a time:
// PPPoE clients on raw Ethernet, LNSes and RADIUS servers on UDP, against the real
// lacd in network namespaces. lac/lactest/conformance is written with it.
//
//	rig := script.Start(t, script.Config{L2TP: `resend = "200ms"`})
//	c := rig.Client()
//	c.Dial("joe@acme.example", "secret")   // PADI ... LCP, CHAP Response
//	lns := rig.LNS(0)
//	call := lns.Open().AcceptCall()        // SCCRQ, SCCRP, SCCCN, ICRQ
//	call.Clear(script.Result(2, 4))        // CDN
//	c.AwaitPPP(script.LCP, script.TermReq)
//
// Helpers bring a peer to a stage: Client.Discover, OpenLCP, SendPAP, SendCHAP,
// Dial, DialPAP; LNS.Accept, Open; Tunnel.AcceptCall, OpenCall; Rig.Up does all.
// Beyond that Send takes any octets, Packet, Tunnel.Build and AVP make control
// messages that are as wrong as wanted, DataMessage data. What Build returns may be
// sent twice, late, in another order or never. Tunnel.Hold stops acknowledgements,
// LNS.Lose loses what comes, LNS.Request dials the gateway, LNS.Serve answers by itself.
// What RADIUS.Expect returns is answered by Accept, Reject, or Reply in any wrong way;
// its Build is for octets too, and RADIUS.Serve and Account answer by themselves.
// Rig.Dynamic orders as RFC 5176 has it: Ask, or Build and Write.
//
// Expect wants the next new message, and passes over ZLBs and repetitions; Await
// passes over others too; Next returns everything. Messages, Of, Frames, Requests and
// Records look back, with the time of each. Every frame, control message and request of
// the gateway is held against the RFCs' tables as it comes; LNS.Lax turns that off.
//
// Rig.AwaitLog and Logged read the gateway's log, Plane the data plane's operations,
// Metric its metrics. If a test fails capture, log and configuration are kept.
package script
