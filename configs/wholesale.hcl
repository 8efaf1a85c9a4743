# A wholesale operator's gateway with three retailers: acme, whose own RADIUS
# servers decide; globex, who checks passwords on its LNS; and initech, who has
# leased lines. To make it yours, change names, addresses and realms, and write
# the secrets that are mentioned into files beside this one:
#
#   for f in acme-radius wholesale-radius acme globex initech coa; do
#     (umask 077; openssl rand -hex 32 > $f.secret)
#   done
#   lacd check wholesale.hcl
#
# configs/lacd.hcl has all keys. Before anybody dials in,
#
#   lacctl explain bob@acme.example
#   lacctl explain bob@acme.example -reply accept.txt       an Access-Accept as text
#   lacctl explain -port eth1 -svlan 300 -cvlan 2
#
# tell where a subscriber would land, and why.

node {
  name       = "lac1.wholesale.example" # NAS-Identifier, and Host Name towards LNSes
  metrics    = "127.0.0.1:9101"
  log_format = "json"
}

# Residential lines: an outer VLAN for each access node, an inner one for each
# line.
access "eth1" {
  ac_name              = "lac1"
  max_sessions_per_mac = 8

  vlan "100-399" {
    tpid  = "88a8"
    inner = "2-4094"
  }
}

# A second access network, without VLANs.
access "eth2" {
  ac_name = "lac1"
}

core {
  local = ["198.51.100.10"]
  mtu   = 1600 # of the network towards the LNSes; 1530 is what an MRU of 1492 needs
}

# Of these ways to write a user name the first that reads somebody's realm counts.
user_name {
  forms = ["user@realm", "realm/user"]
}

# Acme's servers. They know nothing of the others.
radius "acme-radius1" {
  auth        = "203.0.113.11"
  acct        = "203.0.113.11"
  secret_file = "acme-radius.secret"
}

radius "acme-radius2" {
  auth        = "203.0.113.12"
  acct        = "203.0.113.12"
  secret_file = "acme-radius.secret"
}

# The wholesale operator's own server: it knows the leased lines, and keeps
# account of what is not acme's.
radius "wholesale-radius" {
  auth        = "198.51.100.21"
  acct        = "198.51.100.21"
  secret_file = "wholesale-radius.secret"
}

# Acme may end and change its own sessions, and sees no others.
coa {
  listen = ["198.51.100.10"]

  client "acme" {
    address     = "203.0.113.8/29"
    secret_file = "coa.secret"
    retailers   = ["acme"]
  }
}

# Acme: its RADIUS servers say yes or no, and which LNS it is. An Access-Accept
# may say
#
#   Tunnel-Type:1            = L2TP
#   Tunnel-Medium-Type:1     = IPv4
#   Tunnel-Server-Endpoint:1 = "residential"
#
# to let the LNSes of that group share the subscribers; or the addresses of LNSes,
# "192.0.2.1,192.0.2.2/192.0.2.65" for two that share and one for when both have
# failed; or a host name with its domain. The tunnel secret is taken from the lns
# with that address or name. An accept without tunnel attributes means all of them,
# by preference.
retailer "acme" {
  realms = ["acme.example", "*.acme.example"]
  radius = ["acme-radius1", "acme-radius2"]

  user_name        = "{name}@acme.example" # one realm for all of them
  user_name_case   = "lower"
  nas_port_type    = "pppoe"
  interim_interval = "10m"

  max_sessions          = 20000
  max_setups_per_second = 300
  dscp                  = "af21"

  # What acme's LNSes and servers read as the number of a line.
  calling_number = "{circuit_id|access}"
  called_number  = "acme"

  lns "acme-lns1" {
    address      = "192.0.2.1"
    secret_file  = "acme.secret"
    weight       = 2
    max_sessions = 12000
  }

  lns "acme-lns2" {
    address      = "192.0.2.2"
    secret_file  = "acme.secret"
    weight       = 1
    max_sessions = 6000
  }

  lns "acme-standby" {
    address     = "192.0.2.65"
    secret_file = "acme.secret"
    preference  = 10
  }

  lns_group "residential" {
    members = ["acme-lns1", "acme-lns2", "acme-standby"]
  }
}

# Globex checks its subscribers itself: the realm is enough to send them there.
# The wholesale operator counts what they use. "globex/bob" is as good as
# "bob@globex.example".
retailer "globex" {
  realms    = ["globex.example", "globex"]
  authorize = "realm"
  radius    = ["wholesale-radius"]

  max_sessions   = 5000
  calling_number = "{mac}"
  sub_address    = "{node} {access}"

  lns "globex-lns" {
    address     = "192.0.2.129"
    secret_file = "globex.secret"
    host_name   = "wholesale-lac"
    peer_name   = "lns.globex.example"
    replay_auth = false
  }
}

# Initech has lines. Nobody on them is asked for a name before its LNS does; the
# wholesale operator's server says which lines are paid for. Access-Requests bear
# the number of the line as User-Name, and "line" as User-Password.
retailer "initech" {
  authorize = "line"
  radius    = ["wholesale-radius"]

  line {
    port  = ["eth1"]
    svlan = ["300-309"]
  }

  line {
    port       = ["eth2"]
    circuit_id = ["dslam7 *"]
  }

  line_user      = "{circuit_id|access}"
  max_sessions   = 500
  calling_number = "{circuit_id|access}"
  called_number  = "initech"

  lns "initech-lns" {
    address     = "192.0.2.193"
    secret_file = "initech.secret"
  }
}

# Whose realm nobody has is refused. retailer = "acme" would let acme's servers
# decide.
default {
  refuse = true
}
