# The smallest gateway: one access port, one realm, one LNS, no RADIUS.
# Whoever dials in as someone@acme.example goes to the LNS, which checks the
# password; everybody else is refused.

access "eth1" {}

# Packets of this size fit the tunnel on a network with an MTU of 1500.
ppp { mru = "auto" }

retailer "acme" {
  realms = ["acme.example"]

  lns "lns1" {
    address = "192.0.2.1"
    secret  = "change me: 32 random characters"
  }
}
