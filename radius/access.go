package radius

import (
	"errors"
	"fmt"
	"net/netip"

	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"

	"lacd/pppoe/wire"
)

// Protocol is how a subscriber proves who it is.
type Protocol uint8

// The protocols that RADIUS can check for us.
const (
	PAP  Protocol = 1 + iota // User-Password
	CHAP                     // CHAP-Password and CHAP-Challenge, MD5
)

// Access is an Access-Request for one PPP subscriber (RFC 2865 section 4.1).
// Empty strings, zero MTU and a nil Line are left out.
type Access struct {
	User      string // at most 253 octets
	Protocol  Protocol
	Password  []byte // PAP: at most 128 octets (RFC 2865 section 5.2)
	CHAPID    uint8  // CHAP: identifier of the response
	Challenge []byte // CHAP: up to 253 octets
	Response  []byte // CHAP: 16 octets

	NASIdentifier string // this or NASIP is needed
	NASIP         netip.Addr
	NASPort       uint32
	NASPortType   uint32 // 0: Ethernet (15)
	NASPortID     string

	CallingStation string
	CalledStation  string
	AcctSession    string
	MTU            uint32 // Framed-MTU as a hint, octets
	Line           *wire.Line
}

// maxPassword is the longest password User-Password can hide (RFC 2865
// section 5.2).
const maxPassword = 128

// Encode returns the Access-Request, signed. Its Message-Authenticator comes
// first, so that a forged prefix cannot push it out of place (RFC 3579
// section 3.2; the order is the defence against BlastRADIUS).
func (a *Access) Encode(t Try) ([]byte, error) {
	b := newSigned(layeh.CodeAccessRequest, t)
	b.Text(rfc2865.UserName_Type, a.User)
	a.credentials(&b, t)
	nas := NAS{a.NASIdentifier, a.NASIP, a.NASPort, a.NASPortType, a.NASPortID}
	b.NAS(&nas)
	b.Port(&nas)
	b.Integer(rfc2865.ServiceType_Type, uint32(rfc2865.ServiceType_Value_FramedUser))
	b.Integer(rfc2865.FramedProtocol_Type, uint32(rfc2865.FramedProtocol_Value_PPP))
	if a.MTU != 0 {
		b.Integer(rfc2865.FramedMTU_Type, a.MTU)
	}
	b.Text(rfc2865.CalledStationID_Type, a.CalledStation)
	b.Text(rfc2865.CallingStationID_Type, a.CallingStation)
	b.Text(rfc2866.AcctSessionID_Type, a.AcctSession)
	b.Line(a.Line, false)
	return b.sign(t)
}

// credentials adds one: "An Access-Request MUST NOT contain both a User-Password
// and a CHAP-Password" (RFC 2865 section 4.1).
func (a *Access) credentials(b *Builder, t Try) {
	switch a.Protocol {
	case PAP:
		if len(a.Password) > maxPassword {
			b.fail(fmt.Errorf("the password has %d octets, at most %d fit", len(a.Password), maxPassword))
			return
		}
		v, err := layeh.NewUserPassword(a.Password, t.Secret, t.Authenticator[:])
		if err != nil {
			b.fail(err)
			return
		}
		b.Octets(rfc2865.UserPassword_Type, v)
	case CHAP:
		if len(a.Response) != 16 {
			b.fail(fmt.Errorf("the CHAP response has %d octets, want 16", len(a.Response)))
			return
		}
		if len(a.Challenge) == 0 {
			b.fail(errors.New("the CHAP challenge is empty"))
			return
		}
		// RFC 2865 section 5.40 allows the challenge in the Request
		// Authenticator too; its own attribute works for every length.
		b.Octets(rfc2865.CHAPPassword_Type, append([]byte{a.CHAPID}, a.Response...))
		b.Octets(rfc2865.CHAPChallenge_Type, a.Challenge)
	default:
		b.fail(errors.New("no credentials that RADIUS can check"))
	}
}
