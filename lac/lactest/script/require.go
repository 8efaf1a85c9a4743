package script

import (
	"bytes"
	"crypto/md5"
	"errors"
	"fmt"
	"slices"
)

// sized has the value lengths of RADIUS attributes that have one.
var sized = map[byte]int{
	NASIPAddress: 4, NASPort: 4, ServiceType: 4, FramedProtocol: 4, 12: 4, SessionTimeout: 4, IdleTimeout: 4,
	CHAPPassword: 17, AcctStatusType: 4, AcctDelayTime: 4, AcctInputOctets: 4, AcctOutputOctets: 4, AcctAuthentic: 4,
	AcctSessionTime: 4, AcctInputPackets: 4, AcctOutputPackets: 4, AcctTerminateCause: 4, 51: 4,
	AcctInputGigawords: 4, AcctOutputGigawords: 4, EventTimestamp: 4, NASPortType: 4, TunnelType: 4,
	TunnelMediumType: 4, MessageAuthenticator: 16, TunnelPacketsLost: 4, NASIPv6Address: 16, ErrorCause: 4,
}

// many are the attributes that may occur more than once in a request.
var many = []byte{State, Class, VendorAttribute, ProxyState}

// Attributes that do not belong into a request (RFC 2865 section 5.44, RFC 2866
// sections 4.1 and 5.13, RFC 2867 section 5).
var (
	notInAccess = []byte{
		FilterID, ReplyMessage, Class, SessionTimeout, IdleTimeout, AcctStatusType, AcctDelayTime, AcctInputOctets,
		AcctOutputOctets, AcctAuthentic, AcctSessionTime, AcctInputPackets, AcctOutputPackets, AcctTerminateCause,
		AcctInputGigawords, AcctOutputGigawords, TunnelConnection, TunnelPacketsLost, AcctInterimInterval, ErrorCause,
	}
	notInAccounting = []byte{
		UserPassword, CHAPPassword, ReplyMessage, State, CHAPChallenge, TunnelPassword, TunnelPreference,
		AcctInterimInterval, ErrorCause,
	}
)

// check holds a request against the tables above, and verifies it.
func (q *Request) check(secret string) error {
	for _, a := range q.Attrs {
		if n, ok := sized[a.Type]; ok && len(a.Value) != n {
			return fmt.Errorf("attribute %v has %d octets, want %d", a, len(a.Value), n)
		}
		if len(q.Values(a.Type)) > 1 && !slices.Contains(many, a.Type) {
			return fmt.Errorf("attribute %d occurs twice", a.Type)
		}
	}
	if !q.Has(NASIPAddress) && !q.Has(NASIPv6Address) && !q.Has(NASIdentifier) {
		return errors.New("neither NAS-IP-Address nor NAS-Identifier")
	}
	switch q.Code {
	case AccessRequest:
		return q.checkAccess(secret)
	case AccountingRequest:
		return q.checkAccounting(secret)
	case StatusServer:
		return q.checkProbe(secret)
	default:
		return fmt.Errorf("a NAS has no business to send code %d", q.Code)
	}
}

// lacks tells which of the attributes are there, and should not be.
func (q *Request) lacks(types []byte) error {
	for _, t := range types {
		if q.Has(t) {
			return fmt.Errorf("attribute %d does not belong into code %d", t, q.Code)
		}
	}
	return nil
}

// checkSignature wants Message-Authenticator, first of all (RFC 3579 section 3.2).
func (q *Request) checkSignature(secret string) error {
	if len(q.Attrs) == 0 || q.Attrs[0].Type != MessageAuthenticator {
		return errors.New("the first attribute is not Message-Authenticator")
	}
	zeroed := slices.Clone(q.Raw)
	clear(zeroed[22:38])
	if !bytes.Equal(hmacMD5(secret, zeroed), q.Raw[22:38]) {
		return errors.New("wrong Message-Authenticator")
	}
	return nil
}

func (q *Request) checkAccess(secret string) error {
	if err := q.checkSignature(secret); err != nil {
		return err
	}
	if pap, chap := q.Has(UserPassword), q.Has(CHAPPassword); pap == chap {
		return fmt.Errorf("User-Password %v, CHAP-Password %v: want one of them", pap, chap)
	}
	if n := len(q.Value(UserPassword)); n%16 != 0 || n > 128 {
		return fmt.Errorf("User-Password has %d octets", n)
	}
	return q.lacks(notInAccess)
}

// checkProbe wants nothing but the NAS, signed (RFC 5997 sections 3 and 6).
func (q *Request) checkProbe(secret string) error {
	if err := q.checkSignature(secret); err != nil {
		return err
	}
	for _, a := range q.Attrs {
		if !slices.Contains([]byte{MessageAuthenticator, NASIPAddress, NASIPv6Address, NASIdentifier, VendorAttribute}, a.Type) {
			return fmt.Errorf("attribute %d does not belong into Status-Server", a.Type)
		}
	}
	return nil
}

// checkAccounting verifies the Request Authenticator: MD5 over the packet with
// sixteen zero octets in its place, and the secret (RFC 2866 section 3).
func (q *Request) checkAccounting(secret string) error {
	zeroed := slices.Clone(q.Raw)
	clear(zeroed[4:20])
	if sum := md5.Sum(append(zeroed, secret...)); sum != q.Authenticator {
		return errors.New("wrong Request Authenticator")
	}
	if !q.Has(AcctStatusType) || !q.Has(AcctSessionID) {
		return errors.New("without Acct-Status-Type or Acct-Session-Id")
	}
	if q.Has(AcctTerminateCause) && !slices.Contains(ends, q.Status()) {
		return fmt.Errorf("Acct-Terminate-Cause in a record of status %d", q.Status())
	}
	return q.lacks(notInAccounting)
}

// ends are the records that tell why (RFC 2866 section 5.10, RFC 2867 section 3).
var ends = []uint32{AcctStop, AcctTunnelStop, AcctTunnelReject, AcctLinkStop, AcctLinkReject}
