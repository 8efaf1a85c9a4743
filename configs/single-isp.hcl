# One ISP with its own access network, a pair of RADIUS servers and a pair of
# LNSes. RADIUS says yes or no; which LNS it is the gateway draws, unless RADIUS
# names one.

node {
  name    = "lac1.acme.example"
  metrics = "127.0.0.1:9101"
}

# Every access node has an outer VLAN and every line an inner one.
access "eth1" {
  ac_name              = "lac1"
  max_sessions_per_mac = 4

  vlan "100-199" {
    tpid  = "88a8"
    inner = "2-4094"
  }
}

core {
  local = ["198.51.100.10"]
  mtu   = 1600 # of the network towards the LNSes; 1530 is what an MRU of 1492 needs
}

# The second server is asked when the first does not answer.
radius "radius1" {
  auth        = "203.0.113.11"
  acct        = "203.0.113.11"
  secret_file = "radius.secret" # openssl rand -hex 32; chmod 600
}

radius "radius2" {
  auth        = "203.0.113.12"
  acct        = "203.0.113.12"
  secret_file = "radius.secret"
}

retailer "acme" {
  radius           = ["radius1", "radius2"]
  interim_interval = "10m"

  # Every realm there is, and none at all: see default, below. RADIUS knows its
  # users without realm and in lower case.
  user_name      = "{name}"
  user_name_case = "lower"
  nas_port_type  = "pppoe"

  lns "lns1" {
    address     = "192.0.2.1"
    secret_file = "lns.secret"
  }

  lns "lns2" {
    address     = "192.0.2.2"
    secret_file = "lns.secret"
  }

  # The LNS of business customers takes nobody else: RADIUS puts them there with
  # Tunnel-Server-Endpoint = "business". A subscriber for whom it names no tunnel
  # gets there only if lns1 and lns2 have failed.
  lns "lns3" {
    address     = "192.0.2.3"
    secret_file = "lns.secret"
    preference  = 100
  }

  lns_group "business" {
    members = ["lns3"]
  }
}

default {
  retailer = "acme"
}
