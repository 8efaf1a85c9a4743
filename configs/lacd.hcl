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

  # Address and port where Prometheus fetches metrics. Default: off.
  metrics = "127.0.0.1:9101"

  # "text" or "json". Default "text".
  log_format = "text"

  # "debug", "info", "warn" or "error". Default "info".
  log_level = "info"
}

# A port towards subscribers, named after its network device. At least one is
# required; there may be several. The device carries PPPoE untagged or with one
# or two VLAN tags, and its MTU decides whether an MRU of 1500 is possible.
access "eth1" {
  # AC-Name in PADO, up to 255 octets. Default: name in node.
  ac_name = "lac1"

  # Service names that are offered; a subscriber asking for another is told so.
  # Default: any name is accepted.
  service_names = ["internet"]

  # Sessions on this port at most, 1 to 65534. Default 65534.
  max_sessions = 32000

  # Sessions of one MAC address at most, 1 to 65534. A redial may overlap with
  # the session it replaces. Default: no limit of its own.
  max_sessions_per_mac = 8
}

# The side of the LNSes. The block may be left out.
core {
  # Our addresses for tunnels; the first one of the LNS's address family is
  # used where lns says no local. Default: the kernel chooses by its routes.
  local = ["198.51.100.10", "2001:db8::10"]

  # What carries the subscribers' frames: "auto" takes the best there is,
  # "pppbridge" joins PPPoE and L2TP in the kernel (Linux 5.11), "none" runs the
  # control plane alone, for tests. Default "auto".
  dataplane = "auto"
}

# PPP with subscribers, until their frames go to the LNS. May be left out.
ppp {
  # Largest MRU that is agreed to, 576 to 1500 octets. More than 1492 needs a
  # subscriber that asks for it (RFC 4638) and an access device with the room.
  # Default 1492.
  mru = 1492

  # Authentication protocols, preferred first: "chap" and "pap".
  # Default ["chap", "pap"].
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
  # Default "60s".
  hello = "60s"

  # Times a control message is sent again before the tunnel is given up, 1 to
  # 20. Default 5.
  retries = 5

  # Wait before the first repetition, 100ms to 10s; it doubles each time.
  # Default "1s".
  resend = "1s"

  # Longest wait between repetitions, 100ms to 1m. Default "8s".
  resend_max = "8s"

  # Time for the LNS to answer a call before the next LNS is tried, 1s to 2m.
  # Default "10s".
  answer_timeout = "10s"
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
  # either this or secret_file.
  secret = "0123456789abcdef0123456789abcdef"

  # Wait for an answer before the request is sent again, 100ms to 30s.
  # Default "2s".
  timeout = "2s"

  # Times a request is sent to this server before the next one is asked, 1 to
  # 10. Default 3.
  tries = 3

  # Drop answers to Access-Requests that have no Message-Authenticator. Only a
  # server that cannot send it is a reason to write false, and to worry
  # (BlastRADIUS, CVE-2024-3596). Default true.
  require_message_authenticator = true
}

radius "freeradius2" {
  auth = "203.0.113.12"
  acct = "203.0.113.12"

  # File with the secret, instead of secret. Only its owner may have access. A
  # relative path starts at the directory of this file.
  secret_file = "radius.secret"
}

# An ISP whose subscribers are served. At least one is required.
retailer "acme" {
  # What follows the last @ of its subscribers' user names; case does not
  # matter. Required unless this is the default retailer.
  realms = ["acme.example", "acme.net.example"]

  # "radius": RADIUS says yes or no, and may name the LNS.
  # "realm": the realm is enough, and the LNS authenticates.
  # Default "radius" where the key radius is given, else "realm".
  authorize = "radius"

  # Servers to ask, preferred first. Default: none.
  radius = ["freeradius1", "freeradius2"]

  # Send accounting to those servers. Default true where one of them has an
  # acct address, else false.
  accounting = true

  # Time between interim records, 60s to 24h. RADIUS may ask for a longer one
  # (Acct-Interim-Interval), not for a shorter one. Default: what RADIUS says,
  # else none.
  interim_interval = "10m"

  # An LNS of the retailer. Required where authorize is "realm". With RADIUS it
  # serves subscribers for whom RADIUS names no tunnel; and a tunnel that RADIUS
  # names by this address or by this name gets from here what RADIUS leaves
  # open, except the assignment.
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

    # Tell the LNS how LCP was negotiated (proxy LCP). Default true.
    proxy_lcp = true

    # Tell the LNS how the subscriber answered authentication. Default true.
    proxy_auth = true

    # Send the subscriber's answer once more as the first PPP frame, for LNSes
    # that ignore proxy authentication. Default true.
    replay_auth = true
  }

  lns "lns2" {
    address    = "[2001:db8:1::2]:1701"
    preference = 20

    # File with the tunnel secret, instead of secret. Only its owner may have
    # access. A relative path starts at the directory of this file.
    secret_file = "acme.secret"
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
