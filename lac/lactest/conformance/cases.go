// Package conformance holds lacd, the binary, against the RFCs: one test for each
// case of the matrix, each asserting what is on the wire. The tests are named
// TestT01_... and need root and network namespaces, no PPP in the kernel: the data
// plane is "none", whose log says what a real one would have been asked to do.
//
//	go run ./lac/lactest/conformance/report
//
// runs them all and prints the table below with what came of each; flags of go test
// may follow. LACD_BINARY names a lacd to test instead of one built from the tree,
// LACD_ARTIFACTS where captures and logs of failed cases go. Package script is what
// the cases are written with. Cases about octets carried by the data plane
// can show here only that the gateway itself adds and loses none; the kernel's part
// is in kernel/pppbridge, whose tests TestConformanceT35 to T38 run in a VM.
package conformance

// Case is one case of the matrix.
type Case struct {
	ID    string // "T01": its test is TestT01, or TestT01_ and anything
	Shows string
}

// Cases are all cases, in order.
var Cases = []Case{
	{"T01", "SCCRQ: header, order, M, H and length of every AVP, UDP checksum, port 1701"},
	{"T02", "the LNS answers from another port: the tunnel moves there, once"},
	{"T03", "SCCRP repeated: acknowledged again, SCCCN resent with the same Ns and a fresh Nr"},
	{"T04", "mute LNS: SCCRQ at 1, 2, 4, 8 s, then the next LNS, the client kept waiting; default times in lac.TestT04_MuteLNS"},
	{"T05", "wrong Challenge Response or Host Name: StopCCN 4, resent until acknowledged, next LNS"},
	{"T06", "challenges of 1, 16 and 255 octets are answered; ours is to be answered"},
	{"T07", "SCCRP with Assigned Tunnel ID 0: StopCCN 2/3 to tunnel 0"},
	{"T08", "SCCRP with an AVP missing, wrong version or framing: StopCCN with a fitting code"},
	{"T09", "unknown AVPs: ignored without M, StopCCN 2/8 with; reserved bits, vendors"},
	{"T10", "never more in flight than the receive window: 1, 2, 4 by default, 16; 0 is refused"},
	{"T11", "slow start, and its return after a loss"},
	{"T12", "SCCRQs that cross: the tie breaker leaves the tunnels it should"},
	{"T13", "Ns and Nr pass 65535; with losses in lac/tunnel/testdata/channel-wrap.txt"},
	{"T14", "messages out of order, far outside, Nr beyond what was sent"},
	{"T15", "duplicates, ZLBs, cumulative and piggybacked acknowledgements"},
	{"T16", "HELLO both ways; a dead LNS ends tunnel and sessions; 60 s and 31 s in lac.TestT16_DefaultTimes"},
	{"T17", "StopCCN with five sessions: ZLB, five clients ended, no CDN, IDs held for 31 s; to the second in lac/tunnel/testdata/stop-down.txt"},
	{"T18", "StopCCN for an answer to SCCRQ, in its variants: next LNS"},
	{"T19", "StopCCN 2/7: the LNS it names, or the next"},
	{"T20", "the gateway ends or the tunnel is idle: StopCCN 6 or 1, resent until acknowledged; never: lac/tunnel/testdata/stop-down.txt"},
	{"T21", "malformed headers and AVPs are discarded; trailing octets are ignored"},
	{"T22", "unknown message types: StopCCN with M, acknowledged and ignored without"},
	{"T23", "hidden AVPs, both ways, and those that cannot be revealed"},
	{"T24", "SCCRQ, SCCRP or SCCCN out of turn; SCCRQs of strangers"},
	{"T25", "ICRQ: header and AVPs, IDs and serial numbers, no M on extensions"},
	{"T26", "ICRP with Assigned Session ID 0, missing or of a wrong length: CDN, the tunnel stays"},
	{"T27", "unknown mandatory AVP in ICRP: CDN 2/8 that names it, for that call alone"},
	{"T28", "CDN 2/4: the next LNS by preference gets the same; all fail: client ended"},
	{"T29", "other CDN codes before ICCN: next LNS or end, the tunnel untouched"},
	{"T30", "how CDN may be addressed, and that it never ends another call"},
	{"T31", "no ICRP: CDN 10 and the next LNS; client gone: CDN; late ICRP: CDN"},
	{"T32", "ICCN: AVPs, proxy LCP to the octet, its modes; nothing of the client lost or early"},
	{"T33", "PAP: proxy authentication, the password hidden where there is a secret"},
	{"T34", "CHAP: proxy authentication that LNS and RADIUS can verify, challenges unique"},
	{"T35", "transparency: the gateway injects nothing into a session that is up"},
	{"T36", "data messages with every kind of header"},
	{"T37", "sequence numbers in data, as the LNS wants them"},
	{"T38", "data for nobody, from strangers or too early is dropped"},
	{"T39", "PADT in a session: CDN 1 until acknowledged, no PPP any more, accounting Stop"},
	{"T40", "CDN of the LNS, RFC 3145 causes, broken texts: PADT and the mapped cause"},
	{"T41", "ICRP, ICCN and ICRQ out of turn: CDN"},
	{"T42", "OCRQ is refused; SLI and WEN are harmless"},
	{"T43", "fifty clients, four assignments, two secrets: one SCCRQ for each tunnel; no LNS delays another"},
	{"T44", "PADO and PADS: Host-Uniq and Relay-Session-Id to the octet, AC-Name, Service-Name"},
	{"T45", "AC-Cookie: no session without, no state before; repeated PADR; session limit"},
	{"T46", "Service-Name: empty, known, unknown, none and two"},
	{"T47", "PPP-Max-Payload: echo and MRU, by the MTU of the port"},
	{"T48", "whose session: MAC and VLAN count, IDs are valid, PADT ends its own alone"},
	{"T49", "the access line: RADIUS and ICRQ are told, the client is not"},
	{"T50", "malformed frames are dropped"},
	{"T51", "LCP options: Reject before Nak, order, limits, fallbacks, nothing by default"},
	{"T52", "LCP: unknown codes and protocols, echo, loops, termination, silence"},
	{"T53", "repeated answers get one verdict; refusal; no network protocols at the gateway"},
	{"T54", "Access-Request: Message-Authenticator first and right, wanted in answers; User-Password of 1 to 128 octets"},
	{"T55", "what is no answer is ignored; retransmission, failover, revival, Status-Server; 320 requests at once, 2000 in lac.TestT55_Outstanding"},
	{"T56", "tunnels of RADIUS: tags, preferences, passwords, endpoints, names: the right SCCRQ"},
	{"T57", "Accepts that are Rejects, Challenge, Reject: the client is told, and nothing else happens; unknown attributes are ignored"},
	{"T58", "accounting: On, Start, Stop, Off, tunnels and links, causes, another encoding, another run; no Acct-Tunnel-Packets-Lost, which no data plane counts; interims, Gigawords, rounds in lac.TestT58_Interim and DelayTime"},
	{"T59", "Disconnect-Request: who is meant, fitting Error-Causes, duplicates, forgeries, stale ones; ACK when the sessions are gone"},
	{"T60", "CoA-Request: new terms, all or nothing; tunnels and Authorize-Only are refused; State and Proxy-State return"},
}
