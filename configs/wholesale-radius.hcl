# Two retailers behind one gateway. The wholesale operator runs a pair of
# FreeRADIUS servers that know every subscriber; the second one is asked when
# the first does not answer.

node {
  name       = "lac1.wholesale.example"
  metrics    = "127.0.0.1:9101"
  log_format = "json"
}

access "eth1" {
  ac_name = "lac1"
}

access "eth2" {
  ac_name = "lac1"
}

core {
  local = ["198.51.100.10"]
  mtu   = 1600 # of the network towards the LNSes; 1530 is what an MRU of 1492 needs
}

radius "freeradius1" {
  auth        = "203.0.113.11"
  acct        = "203.0.113.11"
  secret_file = "radius.secret" # openssl rand -hex 32; chmod 600
}

radius "freeradius2" {
  auth        = "203.0.113.12"
  acct        = "203.0.113.12"
  secret_file = "radius.secret"
}

# The Access-Accept of an acme subscriber names its LNS, for instance
#
#   Tunnel-Type:1            = L2TP
#   Tunnel-Medium-Type:1     = IPv4
#   Tunnel-Server-Endpoint:1 = "192.0.2.1"
#   Tunnel-Preference:1      = 10
#
# The tunnel secret is taken from the lns with this address. An accept without
# tunnel attributes lets the gateway share the subscribers between both.
retailer "acme" {
  realms           = ["acme.example", "acme.net.example"]
  radius           = ["freeradius1", "freeradius2"]
  interim_interval = "10m"

  lns "acme-lns1" {
    address     = "192.0.2.1"
    secret_file = "acme.secret"
    weight      = 2
  }

  lns "acme-lns2" {
    address     = "192.0.2.2"
    secret_file = "acme.secret"
    weight      = 1
  }

  lns "acme-standby" {
    address     = "192.0.2.65"
    secret_file = "acme.secret"
    preference  = 10
  }
}

# Globex checks its subscribers itself: the realm is enough to send them there.
# Accounting still goes to the wholesale operator.
retailer "globex" {
  realms    = ["globex.example"]
  authorize = "realm"
  radius    = ["freeradius2", "freeradius1"]

  lns "globex-lns" {
    address     = "192.0.2.129"
    secret_file = "globex.secret"
    host_name   = "wholesale-lac"
    peer_name   = "lns.globex.example"
    replay_auth = false
  }
}

default {
  refuse = true
}
