# Realms alone, without any RADIUS server. The gateway sends everybody whose
# user name ends in a realm to the LNSes of that realm's owner; the LNS checks
# the password. Everybody else is refused.
#
#   lacd check realm-only.hcl
#   lacctl explain bob@acme.example       where he would land, and why

access "eth1" {}

# Packets of this size fit the tunnel on a network with an MTU of 1500.
ppp { mru = "auto" }

# Two LNSes share the load; the third is tried when both have failed.
retailer "acme" {
  realms    = ["acme.example", "*.acme.example"]
  authorize = "realm"

  lns "acme-lns1" {
    address     = "192.0.2.1"
    secret_file = "acme.secret" # openssl rand -hex 32; chmod 600
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

# Globex wants to know nothing of how the link was negotiated: its LNS begins
# anew, and what nobody has checked is not passed on (RFC 2809 section 4.1.2.3).
retailer "globex" {
  realms    = ["globex.example"]
  authorize = "realm"

  lns "globex-lns" {
    address     = "192.0.2.129"
    secret_file = "globex.secret"
    proxy_lcp   = false
    proxy_auth  = false
    replay_auth = false
  }
}

default {
  refuse = true
}
