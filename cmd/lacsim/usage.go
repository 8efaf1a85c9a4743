package main

const usage = `Usage:
    lacsim -access DEVICE [OPTION...]                clients
    lacsim -lns ADDRESS[,HABIT...]... [OPTION...]    LNSes
    lacsim -access DEVICE -lns ... [OPTION...]       both

Clients:
    -access DEVICE        network device towards the access concentrator
    -n N                  how many (default 100)
    -first N              number of the first one (default 0); %d below
    -mac ADDRESS          of number 0, the others follow (default 02:10:00:00:00:00)
    -macs N               share N addresses (default: each has its own)
    -vlan ID[-ID]         outer VLAN IDs, dealt in turn
    -inner ID[-ID]        inner VLAN IDs, dealt when the outer ones are
    -tpid 8100|88a8       of the outer tag (default 8100)
    -user TEXT[,TEXT...]  user names, dealt in turn (default user%d@acme.example)
    -password-file FILE   password of all (default: the word lacsim)
    -pap                  refuse CHAP
    -service NAME         PPPoE service (default: any)
    -ac NAME              take offers of this access concentrator only
    -max-payload N        ask for so much (RFC 4638) and use it as MRU
    -circuit TEXT         agent circuit ID (TR-101)
    -remote TEXT          agent remote ID

What they do:
    -rate N               begin N set-ups a second (default: all at once)
    -window N             at most N set-ups under way
    -up WHAT              what makes a session count as up: "ipcp", an address
                          (default); "iccn", the LNS has the call, for where no
                          data is carried: the LNSes must be here, and say nothing
                          in their calls; "auth", the credentials are sent
    -setup-timeout D      give a set-up up (default 30s)
    -retry D              repeat a request after (default 3s; doubles for PADI, PADR)
    -tries N              of a request (default 5)
    -redial               dial again after failure or loss
    -backoff D[,D]        before that, least and most (default 1s,30s)
    -hold D               hang up after (default: at the end)
    -think D              dial again after hanging up, until -cycles
    -cycles N             set-ups of a client (default 1)
    -hangup HOW           "padt" (default), "terminate" (LCP), "silent"
    -hangup-rate N        a second, at the end (default 10000)
    -echo D               LCP echo, three unanswered are the end (default: none)
    -stay D               after all are up, or have failed, until the end

LNSes: -lns may be repeated; port 1701 unless given. Habits:
    name=TEXT             Host Name (default lns)
    window=N              receive window offered (default 512)
    hello=D               silence before HELLO (default 60s)
    pool=ADDRESS          first address given to clients (default 100.64.0.1)
    ppp=none              takes calls and says nothing in them
    lcp=again             negotiates LCP itself
    auth=again            authenticates itself; auth=again-pap by PAP
    check                 refuses passwords other than that of -password-file
    cdn=R[/E[/N]]         refuses calls: result, error; only every N-th
    stopccn=R[/E]         refuses tunnels
    delay=D               holds back what it sends
    silent=D              falls silent after
    stop=D                ends its tunnels after
    die=D                 closes its socket after
    -secret-file FILE     secret of all tunnels (default: not authenticated)

Traffic, numbered IPv4 packets through sessions that are up:
    -up-rate N            packets a second from all clients together
    -down-rate N          packets a second from each LNS
    -size N               octets (default 64)

The end:
    -timeout D            of the whole run (default 2m)
    -grace D              for hanging up (default 5s)
    -json                 print the result as JSON
    -expect-up N          at least N set-ups came up
    -expect-failed N      at most N failed
    -expect-lost N        at most N sessions were lost
    -expect-rate N        at least N set-ups a second, first PADI to last up
    -expect-traffic N     of a million packets at most N were lost, and none
                          was misdelivered

SIGINT ends the run: all sessions are hung up. The exit status is 0 if all that
was expected came true, 1 if not, 2 for a wrong command line.
`
