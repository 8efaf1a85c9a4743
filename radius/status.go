package radius

import layeh "layeh.com/radius"

// Status is a Status-Server packet (RFC 5997): is anybody there? Whoever asks
// must not ask for anything else with it.
type Status struct{ NAS NAS }

// Encode returns the packet, signed: "Clients MUST include the
// Message-Authenticator attribute in all Status-Server packets". Of the other
// attributes only those that name the NAS are welcome (section 4.1).
func (s *Status) Encode(t Try) ([]byte, error) {
	b := newSigned(layeh.CodeStatusServer, t)
	b.NAS(&s.NAS)
	return b.sign(t)
}
