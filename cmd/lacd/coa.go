package main

import (
	"lacd/lac"
	"lacd/policy/file"
	"lacd/radius/coa"
	"lacd/radius/coa/listener"
)

// openCoA opens the sockets for Disconnect-Requests and CoA-Requests. On an
// error those that are open are returned too.
func openCoA(f *file.File) (lac.CoA, error) {
	c := lac.CoA{Config: coaConfig(f)}
	for _, at := range f.CoA.Listen {
		s, err := listener.Listen(at)
		if err != nil {
			return c, err
		}
		c.Sockets = append(c.Sockets, s)
	}
	return c, nil
}

// coaConfig says who may ask for what. Requests may call the node by any of its
// addresses that the configuration names.
func coaConfig(f *file.File) coa.Config {
	c := coa.Config{
		Window: f.CoA.Window, RequireTimestamp: f.CoA.RequireEventTimestamp, RequireSignature: f.CoA.RequireMessageAuthenticator,
	}
	c.NAS.Addresses = append(c.NAS.Addresses, f.Core.Local...)
	for _, at := range f.CoA.Listen {
		c.NAS.Addresses = append(c.NAS.Addresses, at.Addr())
	}
	for _, cl := range f.CoA.Clients {
		c.Clients = append(c.Clients, coa.Client(cl))
	}
	return c
}
