# Every key of lacd, with its meaning, unit and default. Unless a comment says
# "required", a key may be left out; the defaults are written after "default".
# lacd refuses unknown keys, so this file is complete. Durations are texts such
# as "500ms", "30s" or "5m". Addresses are IPv4 or IPv6; host names are not
# looked up.

# The gateway itself. The block may be left out.
node {
  # Name of the gateway: NAS-Identifier towards RADIUS, and where the keys
  # ac_name and host_name are left out also AC-Name and L2TP Host Name.
  # Default: the host's name.
  name = "lac1.example"

  # Unix socket on which lacctl talks to lacd. Default "/run/lacd/admin.sock".
  admin_socket = "/run/lacd/admin.sock"

  # Directory of what outlives lacd: accounting records that no server has yet,
  # below "accounting". It is made if it is not there. Default "/var/lib/lacd".
  state_dir = "/var/lib/lacd"

  # Accounting records that wait for one list of servers, in memory and in
  # state_dir, 100 to 1000000. Beyond, interim records make room, and then new
  # ones are lost; the log and lacd_accounting_lost_total tell. A record takes
  # about a kilobyte. Default 100000.
  max_accounting_records = 100000

  # Address and port where Prometheus fetches metrics. Default: off.
  metrics = "127.0.0.1:9101"

  # "text" or "json". Default "text".
  log_format = "text"

  # "debug", "info", "warn" or "error". Default "info".
  log_level = "info"

  # The next four close the front door: lacd is then silent to PADI, so that
  # subscribers try again later or elsewhere, until the figure is down to three
  # quarters. It is looked at ten times a second; the log and lacd_gate_closed
  # tell.

  # Sessions on their way from PADR to the LNS, 64 to 1000000. Of several
  # retailers, each may have its even share of half of them, and more only while
  # the other half is free: one whose servers do not answer leaves room for the
  # others. Default 8192.
  max_half_open = 8192

  # Sessions of one retailer that wait for RADIUS, 16 to 1000000. Beyond, its
  # subscribers are refused as soon as their realm is known, and the door closes
  # when every retailer is so far behind. Default 4096.
  max_radius_waiting = 4096

  # Time until the LNSes of a retailer answer a call, 100ms to 1m: calls wait
  # where they come faster than the receive window of the LNS allows. Beyond, as
  # above. It must be less than answer_timeout in l2tp. Default: 2s, or half of
  # answer_timeout if that is less.
  max_call_delay = "2s"

  # Data plane operations that wait, 64 to 1000000. Default 4096.
  max_backlog = 4096
}

# A port towards subscribers, named after its network device. At least one is
# required; there may be several. Its MTU decides whether an MRU of 1500 is
# possible (RFC 4638). When the device is deleted its sessions end, and lacd
# waits for it to come back.
access "eth1" {
  # AC-Name in PADO, up to 255 octets. Default: name in node.
  ac_name = "lac1"

  # Service names that are offered; a subscriber asking for another is told so.
  # Default: any name is accepted.
  service_names = ["internet"]

  # Sessions on this port at most, 1 to 65534. Default 65534.
  max_sessions = 32000

  # Sessions of one MAC address at most, 1 to 65534. Sessions that are ending do
  # not count. Default: no limit of its own.
  max_sessions_per_mac = 8

  # Sessions with the same VLAN tags at most, 1 to 65534. Untagged ones are not
  # limited by it. Default: no limit of its own.
  max_sessions_per_vlan = 1000

  # Sessions of one access line at most, 1 to 65534. A line is known by circuit
  # and remote ID where the access node tells them (TR-101), else by its VLAN
  # tags, else by the MAC address. Default: no limit of its own.
  max_sessions_per_line = 4

  # What becomes of a line that has a session and asks for another: "allow" both,
  # "refuse" the new one, or "replace" the old one, which ends first. Where a
  # VLAN is shared by many lines the access node must tell circuit IDs for
  # "refuse" and "replace" to be of use. Default "allow".
  duplicate = "allow"

  # PADIs a second that are looked at; 0 to 10000000, 0 is no limit. As much as a
  # second's worth may come at once. A quarter is kept for subscribers that were
  # refused within the last 16 seconds or a little more and come again, which a
  # flood from ever new addresses does not; and as soon as half of the rest is in
  # use, subscribers with the same VLAN tags may have a quarter of it. Default
  # 160000.
  padi_rate = 160000

  # PADIs a second from one MAC address with the same tags, likewise. A relay
  # shows the MAC address of its own for all behind it. Default 20.
  padi_rate_per_mac = 20

  # PADRs a second that show what lacd has offered to their subscriber, and as
  # many of those that do not, which take nothing from the others; 0 to 10000000,
  # 0 is no limit. Default 20000.
  padr_rate = 20000

  # Default 20.
  padr_rate_per_mac = 20

  # Answer LCP and other control frames of a session that does not exist with
  # PADT, up to 1000 a second, so that subscribers dial again at once after lacd
  # was killed. PADTs are never answered. Default true.
  answer_unknown = true

  # Serve frames without a tag, or with a priority tag (VLAN ID 0). Default true
  # where there is no vlan, else false.
  untagged = true

  # Serve frames with these tags; there may be several vlan blocks. The name is
  # a VLAN ID, 1 to 4094, or a range. Frames with other tags are ignored and
  # counted. The data plane pppbridge needs a network device for each VLAN that
  # has sessions, and the kernel module 8021q: it makes them (alias "lacd") and
  # removes them when they are idle, unless there is one already.
  vlan "100-199" {
    # EtherType of the outer tag, "8100" (802.1Q) or "88a8" (802.1ad).
    # Default "8100".
    tpid = "88a8"

    # Inner VLAN ID or range; the tag is 8100. Default: there is no second tag.
    inner = "2-4094"
  }

  vlan "7" {}
}

# The side of the LNSes. The block may be left out.
core {
  # Our addresses for tunnels; the first one of the LNS's address family is
  # used where lns says no local. Default: the kernel chooses by its routes.
  local = ["198.51.100.10", "2001:db8::10"]

  # Largest IP packet that the paths to the LNSes carry whole, 1280 to 65535
  # octets. An L2TP packet is 38 octets larger than the subscriber's (58 over
  # IPv6, 4 more with sequencing): an MRU of 1492 needs 1530, one of 1500 needs
  # 1538. "lacd check" warns, with the numbers, where full-size packets would be
  # fragmented. Default 1500.
  mtu = 1600

  # What carries the subscribers' frames: "xdp" forwards them as they leave the
  # driver (Linux 5.18), or in the network stack where a driver cannot do that;
  # "xdp-native" in the drivers or not at all, those of virtual pairs included,
  # whose far ends must be readied for it (GRO on, whole checksums);
  # "pppbridge" joins PPPoE and L2TP in the kernel (Linux 5.11); "none" runs the
  # control plane alone, for tests. "auto" takes xdp where all drivers can do it
  # and nothing speaks against it, as fragments, IPsec or a QinQ port without
  # room do, else pppbridge, and the log says why; lacctl show tunnels says
  # which. Default "auto".
  dataplane = "auto"

  # Network devices towards the LNSes, on which xdp looks for their messages.
  # Those that routes to the LNSes lead to need not be named, and are found when
  # routes change. Default: none besides these.
  interfaces = ["eth0"]
}

# PPP with subscribers, until their frames go to the LNS. May be left out.
ppp {
  # Largest MRU that is agreed to, 576 to 1500 octets. More than 1492 needs a
  # subscriber that asks for it (RFC 4638) and an access device with the room.
  # "auto" is the largest with which full-size packets to all LNSes fit mtu in
  # core and in retailer. Default 1492.
  mru = 1492

  # Authentication protocols, preferred first: "chap" and "pap". ["none"] asks
  # no subscriber for its name: the default retailer serves all, and its LNSes
  # authenticate. Default ["chap", "pap"].
  auth = ["chap", "pap"]

  # Agree to multilink options (RFC 1990). All LNSes must then take bundles.
  # Default false.
  multilink = false

  # Wait for an answer before a request is sent again, 500ms to 30s.
  # Default "3s".
  restart_timer = "3s"

  # Time for the subscriber to authenticate, 1s to 5m. Default "30s".
  auth_timeout = "30s"

  # LCP echo while no LNS has the session yet, 1s to 1h; "0s" turns it off.
  # Default "10s".
  echo_interval = "10s"

  # Unanswered echoes in a row after which the subscriber is gone, 1 to 255.
  # Default 3.
  echo_failures = 3
}

# L2TP tunnels, to all LNSes. The block may be left out.
l2tp {
  # Host Name that LNSes know us by; host_name of an lns and RADIUS
  # (Tunnel-Client-Auth-ID) take precedence. Default: name in node.
  host_name = "lac1.example"

  # Receive window offered to the LNS, 4 to 4096 control messages. Default 512.
  window = 512

  # Silence of the LNS after which it is asked for a sign of life, 5s to 1h.
  # Data counts as of when the counters were read before, every 10 s: with more
  # than 20 s here a busy LNS is not asked. Default "60s".
  hello = "60s"

  # Times a control message is sent again before the tunnel is given up, 1 to
  # 20. Default 5.
  retries = 5

  # Wait before the first repetition, 100ms to 10s; it doubles each time.
  # Default "1s".
  resend = "1s"

  # Longest wait between repetitions, 100ms to 1m. Default "8s".
  resend_max = "8s"

  # Time for the LNS to answer a call, the opening of a tunnel included, before
  # the next LNS is tried, 1s to 2m. Default "5s".
  answer_timeout = "5s"

  # A tunnel that had no calls for so long is closed, 0s to 24h; "0s" keeps it.
  # Default "1m".
  idle_timeout = "1m"

  # Tunnels to one LNS at once, 1 to 16. More than one is opened where the LNS's
  # receive window is what calls wait for, or where max_sessions_per_tunnel is
  # reached. Default 4.
  max_tunnels = 4

  # For how long an LNS is passed over after a failure, 0s to 1h; "0s" does not
  # lock it out. When it is over, one call tries the LNS before the others
  # follow. When nothing else is left, the LNS locked out the longest is tried.
  #   timeout      it does not answer                            default 60s
  #   auth         wrong secret or name, StopCCN 4               default 60s
  #   stopccn_2_4  takes no tunnel, out of resources             default 10s
  #   stopccn_6    is shutting down                              default 60s
  #   stopccn      takes no tunnel, for another reason           default 60s
  #   cdn_2_4      takes no call, out of resources               default 10s
  #   cdn_4        takes no call, short of facilities            default 10s
  #   cdn_5        takes no call, without facilities             default 60s
  #   cdn_2_7      sends the call to another LNS                 default 0s
  #   cdn_3        takes no call, for administrative reasons     default 0s
  #   cdn_6        takes no call, destination invalid            default 0s
  #   cdn          takes no call, for another reason             default 0s
  lockout = { timeout = "60s", cdn_4 = "10s" }

  # Refusals of a call after which no other LNS is tried: "cdn_3", "cdn_6".
  # Default: none, the next LNS is tried after all of them.
  give_up_after = ["cdn_3"]

  # An LNS that answers from another address or port than was asked: "accept"
  # goes on there (RFC 2661 section 8.1), "ignore" waits for the right one,
  # "reject" gives the tunnel up. Default "accept".
  moved_peer = "accept"
}

# A RADIUS server. None is needed when all retailers authorize by realm. Each
# must be named by a retailer.
radius "freeradius1" {
  # Address for authentication; port 1812 unless given. Required unless acct is
  # there. Default: this server does not authenticate.
  auth = "203.0.113.11:1812"

  # Address for accounting; port 1813 unless given. Required unless auth is
  # there. Default: this server does no accounting.
  acct = "203.0.113.11:1813"

  # Shared secret, 4 to 255 octets; 12 or fewer are warned about. Required:
  # this, secret_file or secret_env, except with tls.
  secret = "0123456789abcdef0123456789abcdef"

  # When it is asked: the lowest number first, 1 to 1000. The next number is asked
  # when no server of a lower one answers. Default: its place in the radius list
  # of the retailer, the first being 1, so that the list is the order.
  priority = 10

  # Its share of the requests among the servers of equal priority, 1 to 1000.
  # Default 1.
  weight = 3

  # Wait for an answer before the request is sent again, 100ms to 30s.
  # Default "2s". With tls it is all the time a request has; default 10s then.
  timeout = "2s"

  # Times a request is sent to this server before the next one is asked, 1 to
  # 10. Not with tls, over which nothing is sent again. Default 3.
  tries = 3

  # Waits for an answer that are in vain, one after another, before the server
  # counts as dead and the others are asked, 1 to 100. Default 3.
  dead_after = 3

  # Time between attempts to find a dead server alive again, 1s to 1h. Default
  # "1m".
  dead_time = "20s"

  # How that is tried. "request": a subscriber's request is sent to it, once.
  # "status-server": it is sent a Status-Server (RFC 5997), and no request while
  # it is dead; the server must be set up to answer that. With tls it also keeps
  # the connections open and finds out when they are dead. Authentication and
  # accounting are tried each for themselves. Default "request".
  probe = "status-server"

  # Our address that its packets come from. Default: the kernel chooses.
  source = "198.51.100.10"

  # Drop answers to Access-Requests that have no Message-Authenticator. Only a
  # server that cannot send it is a reason to write false, and to worry
  # (BlastRADIUS, CVE-2024-3596). Default true; false with tls, which protects
  # them better.
  require_message_authenticator = true
}

radius "freeradius2" {
  auth = "203.0.113.12"
  acct = "203.0.113.12"

  # File with the secret, instead of secret. Only its owner may have access. A
  # relative path starts at the directory of this file.
  secret_file = "radius.secret"

  # Beside freeradius1: the same priority.
  priority = 10
}

# RADIUS over TLS (RadSec, RFC 6614): the port is 2083 unless given.
radius "radsec1" {
  auth = "[2001:db8:2::11]"
  acct = "[2001:db8:2::11]:2083"

  # Environment variable with the secret, instead of secret. Default with tls:
  # "radsec", as RFC 6614 says, and no secret is needed.
  secret_env = "LACD_RADSEC_SECRET"

  tls {
    # Certificates, in PEM, of who may vouch for the server. A relative path
    # starts at the directory of this file; all files are read at the start.
    # Required.
    ca_file = "radsec-ca.pem"

    # Our certificate with its chain, in PEM: the server wants to know us too.
    # Required.
    cert_file = "radsec-client.pem"

    # Its key, in PEM. Only its owner may have access. Required.
    key_file = "radsec-client.key"

    # Name the server's certificate must be for. Default: its address.
    server_name = "radius.example.net"
  }
}

radius "billing" {
  acct        = "203.0.113.20"
  secret_file = "billing.secret"
}

# How user names bear the realm that tells whose subscriber it is. The block may
# be left out.
user_name {
  # "user@realm" has the realm behind the last @, "realm/user" before the first
  # slash; one of @ / \ % # ! : | & + = ~ ^ may stand in the middle, \ as \\.
  # Of several forms the first one that reads the realm of a retailer decides,
  # whatever the others read. Default ["user@realm"].
  forms = ["user@realm", "realm/user", "realm\\user", "user%realm"]
}

# Who may end and change sessions by RADIUS: Disconnect-Request and CoA-Request
# (RFC 5176). Without the block nobody may. The requests name sessions by
# Acct-Session-Id, User-Name, Calling-Station-Id, Called-Station-Id, NAS-Port or
# NAS-Port-Id, as in accounting; what is named must all match, and all sessions
# that match are meant. A CoA-Request may change Session-Timeout, Idle-Timeout,
# Acct-Interim-Interval and Class, which mean what they mean in Access-Accept:
# Session-Timeout counts from when the session came up, and a session that has
# had it ends at once.
coa {
  # Our addresses to listen at, IPv4 and IPv6; port 3799 unless given. Required.
  listen = ["198.51.100.10", "[2001:db8::10]:3799"]

  # How far Event-Timestamp of a request may be from our clock, and for how long
  # a repeated request gets the same answer, 10s to 1h. Default "300s".
  window = "300s"

  # Discard requests without Event-Timestamp, which can be replayed once the
  # window is over. Default false.
  require_event_timestamp = true

  # Discard requests without Message-Authenticator. Default false.
  require_message_authenticator = true

  # Who sends requests. At least one is required. All others are ignored, and
  # counted in lacd_coa_requests_total.
  client "billing" {
    # Its source address, or a prefix of them; the longest that matches counts.
    # Required.
    address = "203.0.113.11"

    # Shared secret, 4 to 255 octets; 12 or fewer are warned about. Required:
    # this, secret_file or secret_env.
    secret = "0123456789abcdef0123456789abcdef"

    # Retailers whose sessions it may touch; it does not see others. Default: all.
    retailers = ["acme"]
  }

  client "operations" {
    address = "203.0.113.16/29"

    # File with the secret, instead of secret. Only its owner may have access. A
    # relative path starts at the directory of this file.
    secret_file = "coa.secret"
  }

  client "portal" {
    address = "203.0.113.24"

    # Environment variable with the secret, instead of secret.
    secret_env = "LACD_COA_SECRET"
  }
}

# An ISP whose subscribers are served. At least one is required.
retailer "acme" {
  # Realms of its subscribers' user names, without the @. "*.acme.example" stands
  # for all realms below acme.example, not for that one itself; an exact realm
  # comes before such a one, and of several the longest counts. The case of A to
  # Z does not matter. Required unless this is the default retailer or authorize
  # is "line".
  realms = ["acme.example", "acme.net.example", "*.acme.example"]

  # "radius": RADIUS says yes or no, and may name the LNS.
  # "realm": the realm is enough, and the LNS authenticates.
  # "line": the access line is enough (see line, below): nobody is asked for a
  # name before the LNS does it, and the LNS is not told how it was negotiated.
  # Subscribers on lines that no retailer has are asked, and their realms count.
  # Default "radius" where the key radius is given, else "realm".
  authorize = "radius"

  # Servers to ask, preferred first unless they have a priority. Default: none.
  radius = ["freeradius1", "freeradius2", "radsec1"]

  # What becomes of a subscriber while no server answers: "refuse" it, or "realm",
  # let it through to the retailer's own LNSes, which must be there and
  # authenticate it. It is told within 30s. A server that rejects it has answered.
  # Default "refuse".
  radius_down = "realm"

  # Send accounting to those servers. Default true where one of them has an
  # acct address, or accounting_servers is given, else false.
  accounting = true

  # Servers for accounting, preferred first, each with an acct address. They may
  # be given with every authorize. Default: those in radius.
  accounting_servers = ["freeradius2", "freeradius1", "radsec1"]

  # Servers that get a copy of each record, preferred first; none that gets the
  # records anyway. The copies wait in a queue of their own and hold up nothing.
  # Default: none.
  accounting_copy = ["billing"]

  # Report tunnels and the calls in them too: Tunnel-Start, -Stop and -Reject,
  # Tunnel-Link-Start, -Stop and -Reject (RFC 2867). A tunnel that calls of
  # several retailers share is reported to the one whose call opened it.
  # Default false.
  tunnel_accounting = true

  # Time between interim records, 60s to 24h. RADIUS may ask for a longer one
  # (Acct-Interim-Interval), not for a shorter one. Default: what RADIUS says,
  # else none.
  interim_interval = "10m"

  # User-Name that RADIUS is told, in Access-Requests and, unless it answers with
  # another one, in accounting; names in braces as in calling_number, below, but
  # octets are not rewritten. "{name}" leaves the realm out. The LNS is always
  # told the name as the subscriber sent it. Default "{user}".
  user_name = "{name}@acme.example"

  # "keep", or "lower": the letters A to Z of that name in lower case.
  # Default "keep".
  user_name_case = "lower"

  # Sessions of the retailer at most, over all its LNSes, 1 to 1048576.
  # Default: no limit.
  max_sessions = 32000

  # Subscribers of the retailer that are let in a second at most, 1 to 100000;
  # as many as come in a second may come at once. The others are turned away
  # before RADIUS is asked (cause retailer-limit). Default: no limit.
  max_setups_per_second = 500

  # Largest IP packet that the paths to its LNSes carry whole, as mtu in core,
  # which it takes the place of. Default: mtu in core.
  mtu = 1600

  # Marking of the tunnel packets to its LNSes: the code point (DSCP) of their
  # IP header, 0 to 63 or its name: "cs0" to "cs7", "af11" to "af43", "ef", "va",
  # "le". Subscribers' own markings stay inside. Default 0.
  dscp = "af41"

  # The numbers of a call. Names in braces stand for what is known of the
  # subscriber:
  #   {circuit_id} {remote_id}  of the line, as the access node says (TR-101)
  #   {mac} {svlan} {cvlan} {port}  where the subscriber is; port as in access
  #   {access}                  port and VLAN tags: eth1:100.7
  #   {nas_port}                the number of port and PPPoE session
  #   {user} {name} {realm}     the user name, the same without its realm, and
  #                             the realm in lower case
  #   {service}                 the PPPoE service name asked for
  #   {node}                    name in node
  # Several with | between them are the first that is known: {circuit_id|mac}.
  # What is not known is left out, and a number in which nothing is known is
  # not sent. {{ and }} are the braces themselves. Octets that are not printable
  # ASCII are written %00 to %FF; a number has 253 octets at most.
  # "" keeps a number back.

  # Calling Number of the L2TP call. Default "{circuit_id|mac}".
  calling_number = "{circuit_id|mac}"

  # Called Number of the L2TP call. Default "{service}".
  called_number = "{service}"

  # Sub-Address of the L2TP call. Default "".
  sub_address = "{node} {port}:{svlan}.{cvlan}"

  # Calling-Station-Id for RADIUS. Default: as calling_number.
  calling_station_id = "{circuit_id|mac}"

  # Called-Station-Id for RADIUS. Default: as called_number.
  called_station_id = "{service}"

  # NAS-Port-Id for RADIUS. Default "{access}".
  nas_port_id = "{node}/{access}"

  # NAS-Port-Type for RADIUS: "ethernet" (15), "virtual" (5), or "pppoe", which is
  # 32, with a VLAN tag 33 and with two of them 34. Default "ethernet".
  nas_port_type = "pppoe"

  # Tell the LNS which port and PPPoE session it is (Physical Channel ID), as
  # RADIUS learns it in NAS-Port. Default true.
  physical_channel = true

  # Where the connect speeds that the LNS is told come from; the first that
  # knows the downstream speed gives both:
  #   "line"    the actual rates that the access node reports (TR-101)
  #   "radius"  Ascend-Xmit-Rate (255, downstream) and Ascend-Data-Rate (197,
  #             upstream) of the Access-Accept, bit/s; also as vendor 529
  #   "static"  tx_speed and rx_speed
  # Speeds beyond 4294967295 bit/s are told as that.
  # Default ["line", "radius", "static"].
  speed = ["line", "radius", "static"]

  # Downstream speed in bit/s, 1000 to 1000000000000. Default 1000000000.
  tx_speed = 1000000000

  # Upstream speed in bit/s, 1000 to 1000000000000. Default: as tx_speed.
  rx_speed = 500000000

  # Tell the LNS what the access node says about the line (RFC 5515). Nothing is
  # sent where the access node says nothing. Default true.
  access_line = true

  # Which of it: circuit_id, remote_id, actual_rate_up, actual_rate_down,
  # min_rate_up, min_rate_down, attainable_rate_up, attainable_rate_down,
  # max_rate_up, max_rate_down, low_power_rate_up, low_power_rate_down,
  # max_delay_up, actual_delay_up, max_delay_down, actual_delay_down,
  # encapsulation, iwf. Default: all.
  access_line_attributes = ["circuit_id", "remote_id", "actual_rate_up", "actual_rate_down"]

  # An LNS of the retailer. Required where RADIUS is not asked. With RADIUS it
  # serves subscribers for whom RADIUS names no tunnel; and a tunnel that RADIUS
  # names by this address or by this name gets from here what RADIUS leaves
  # open, except the assignment. In Tunnel-Server-Endpoint RADIUS may write an
  # address, a host name with its domain (which is looked up), the name of an
  # lns or of an lns_group, all but groups with a port (192.0.2.1:1701,
  # [2001:db8::1]:1701), and several of them: "," between those of equal rank,
  # "/" before those that are tried when all before have failed.
  lns "lns1" {
    # Address of the LNS; port 1701 unless given. Required.
    address = "192.0.2.1:1701"

    # Our address towards this LNS; with local in core, one of those.
    # Default: by local in core.
    local = "198.51.100.10"

    # Tunnel secret, 4 to 255 octets; 12 or fewer are warned about. Default: the
    # tunnel is not authenticated.
    secret = "0123456789abcdef0123456789abcdef"

    # Host Name this LNS knows us by. Default: host_name in l2tp.
    host_name = "wholesale-lac"

    # Host Name the LNS must answer with. Default: any.
    peer_name = "lns1.acme.example"

    # Calls with different assignments never share a tunnel. The LNS does not
    # see the word. Default: none.
    assignment = "residential"

    # The lowest is tried first, 0 to 16777215. Default 0.
    preference = 10

    # Share of the calls among LNSes of equal preference, 1 to 1000. Default 1.
    weight = 2

    # Sessions with this LNS at most, 1 to 1048576. Default: no limit.
    max_sessions = 20000

    # Sessions in one tunnel at most, 1 to 65535; see max_tunnels in l2tp.
    # Default: no limit of its own.
    max_sessions_per_tunnel = 16000

    # Calls that are placed with this LNS in a second at most, 1 to 100000; the
    # others go to the next LNS. Default: no limit.
    max_setups_per_second = 500

    # As dscp of the retailer, which is the default. Calls with different ones
    # never share a tunnel.
    dscp = 34

    # As lockout in l2tp, which has the defaults for what is not written here.
    lockout = { timeout = "5m" }

    # As give_up_after in l2tp, which is the default.
    give_up_after = ["cdn_3", "cdn_6"]

    # As moved_peer in l2tp, which is the default.
    moved_peer = "ignore"

    # Tell the LNS how LCP was negotiated (proxy LCP). Default true.
    proxy_lcp = true

    # Tell the LNS how the subscriber answered authentication (proxy
    # authentication). Where the realm is enough and nobody has checked the
    # answer RFC 2809 section 4.1.2.3 wants it kept back; most LNSes need it all
    # the same. Default true.
    proxy_auth = true

    # Send the subscriber's answer once more as the first PPP frame, for LNSes
    # that ignore proxy authentication. Not with sequencing. Default true.
    replay_auth = true

    # Number all data messages and ask the LNS to do the same (Sequencing
    # Required). Without it the LNS decides. Default false.
    sequencing = false
  }

  lns "lns2" {
    address    = "[2001:db8:1::2]:1701"
    preference = 20

    # File with the tunnel secret, instead of secret. Only its owner may have
    # access. A relative path starts at the directory of this file.
    secret_file = "acme.secret"
  }

  lns "lns3" {
    address    = "192.0.2.3"
    preference = 30

    # Environment variable with the tunnel secret, instead of secret.
    secret_env = "LACD_ACME_SECRET"
  }

  # LNSes under one name, which RADIUS can give as Tunnel-Server-Endpoint instead
  # of their addresses. Inside, they are tried by their preference and weight;
  # what else RADIUS says of the tunnel holds for all of them.
  lns_group "residential" {
    # Names of LNSes of this retailer. Required.
    members = ["lns1", "lns2"]
  }
}

# A retailer whose subscribers are known by their lines.
retailer "leased" {
  authorize = "line"
  radius    = ["freeradius1"]

  # Lines of the retailer. All that a block says must hold, and of a list one
  # entry. The first block of the file that fits decides, over all retailers, so
  # that a narrow one may come before a wide one. lacd refuses a block that is
  # never reached, and two that overlap without one being a part of the other.
  # A block without keys is every line. At least one is required with
  # authorize = "line"; elsewhere there is none. Whose access node lets a
  # subscriber's own TR-101 tag through must not trust circuit_id and remote_id
  # alone; port and VLAN IDs cannot be made up.
  line {
    # Circuit and remote IDs as the access node tells them (TR-101); "*" at the
    # end stands for anything. Default: any, or none.
    circuit_id = ["dslam1 *", "dslam2 eth 0/1:7"]
    # Default: any, or none.
    remote_id = ["leased-*"]

    # MAC addresses, "02:00:00:*" for all that begin so. Default: any.
    mac = ["02:00:00:*"]

    # Access ports. Default: any.
    port = ["eth1"]

    # VLAN IDs or ranges of the outer and the inner tag. Default: any, or none.
    svlan = ["100-149", "160"]
    # Default: any, or none.
    cvlan = ["2-4094"]
  }

  line { circuit_id = ["dslam3 eth 0/4:1"] }

  # RADIUS says yes or no to a line, and may name the LNS. Without it the lines
  # go to the lns of the retailer. Default true where one of the servers in
  # radius has an auth address, else false.
  ask_radius = true

  # User-Name that stands for a line; names in braces as in calling_number, but
  # octets are not rewritten. Default: as calling_station_id.
  line_user = "{circuit_id|access}"

  # User-Password that goes with it, up to 128 octets. It is no secret: the server
  # looks at the name. Default "line".
  line_password = "line"

  lns "leased-lns" {
    address = "192.0.2.33"
  }
}

# A subscriber without a realm, or with one that nobody claims. The block may
# be left out: such a subscriber is then refused.
default {
  # Retailer that serves it. Default: none.
  retailer = "acme"

  # refuse = true says in the open that nobody does. It takes the place of
  # retailer.
  # refuse = true
}
