# Subscribers are known by their access lines: nobody has to be asked for a name
# before the LNS does it. What the access node says of a line in PPPoE discovery
# (TR-101), or its VLAN tags, tell whose it is (RFC 2809 section 4.1.2.2).
#
#   lacctl explain -port eth1 -svlan 120 -cvlan 7      where that line goes, and why

node {
  name = "lac1.wholesale.example"
}

access "eth1" {
  vlan "100-299" {
    tpid  = "88a8"
    inner = "2-4094"
  }
}

core {
  local = ["198.51.100.10"]
  mtu   = 1600
}

radius "radius1" {
  auth        = "203.0.113.11"
  acct        = "203.0.113.11"
  secret_file = "radius.secret" # openssl rand -hex 32; chmod 600
}

# Some lines of the access nodes that are acme's otherwise: the narrow rule comes
# first. These lines go to the LNSes written here, and RADIUS is not asked.
retailer "leased" {
  authorize = "line"

  line {
    circuit_id = ["dslam1 eth 0/1:7", "dslam1 eth 0/1:8"]
    port       = ["eth1"]
  }

  # Without circuit_id this could be a line of nobody's access node as well, and
  # lacd would refuse to guess whose it is.
  line {
    circuit_id = ["dslam1 *", "dslam2 *"]
    remote_id  = ["leased-*"]
  }

  lns "leased-lns" {
    address     = "192.0.2.33"
    secret_file = "leased.secret"
  }
}

# All other lines of two access nodes, and a range of VLANs. RADIUS is asked
# about the line: User-Name is the circuit ID, or port and VLANs where there is
# none, and User-Password "line". In a users file of FreeRADIUS:
#
#   "dslam1 eth 0/2:1"  Cleartext-Password := "line"
#           Tunnel-Type:1 = L2TP,
#           Tunnel-Medium-Type:1 = IPv4,
#           Tunnel-Server-Endpoint:1 = "192.0.2.1,192.0.2.2/192.0.2.65"
#
# which lets acme-lns1 and acme-lns2 share the lines, and leaves acme-standby for
# when both have failed. A reject ends the session.
retailer "acme" {
  authorize = "line"
  radius    = ["radius1"]
  line_user = "{circuit_id|access}"

  line { circuit_id = ["dslam1 *", "dslam2 *"] }

  lns "acme-lns1" {
    address     = "192.0.2.1"
    secret_file = "acme.secret"
  }

  lns "acme-lns2" {
    address     = "192.0.2.2"
    secret_file = "acme.secret"
  }

  lns "acme-standby" {
    address     = "192.0.2.65"
    secret_file = "acme.secret"
    preference  = 10
  }
}

# Lines that nobody has are asked for a name, and its realm decides.
retailer "globex" {
  realms = ["globex.example"]

  lns "globex-lns" {
    address     = "192.0.2.129"
    secret_file = "globex.secret"
  }
}

default {
  refuse = true
}
