package coa_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"
	"layeh.com/radius/rfc2868"
	"layeh.com/radius/rfc2869"
	"layeh.com/radius/rfc3162"
	"layeh.com/radius/rfc3576"
	"layeh.com/radius/rfc4372"

	"lacd/radius/coa"
	"lacd/radius/coa/coatest"
)

type attr = coatest.Attribute

var nas = coa.NAS{Identifier: "lac1", Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}}

// Attributes of the tests.
var (
	joe     = coatest.Text(rfc2865.UserName_Type, "joe@acme.example")
	session = coatest.Text(rfc2866.AcctSessionID_Type, "0123456789abcdef01234567")
	state   = coatest.Text(rfc2865.State_Type, "state")
	only    = coatest.Integer(rfc2865.ServiceType_Type, 17)
	timeout = coatest.Integer(rfc2865.SessionTimeout_Type, 3600)
	proxy   = coatest.Text(rfc2865.ProxyState_Type, "proxy")
)

func octet(t layeh.Type, v ...byte) attr { return attr{Type: t, Value: v} }

func attrs(a ...attr) []attr { return a }

// judged parses and judges a request.
func judged(t *testing.T, code layeh.Code, a ...attr) (coa.Order, coa.ErrorCause) {
	t.Helper()
	p, o := coa.Parse(coatest.Request(code, 1, secret, a...), []byte(secret))
	if o != 0 {
		t.Fatalf("parse: %v", o)
	}
	return p.Judge(&nas)
}

func TestDisconnectCauses(t *testing.T) {
	for _, tt := range []struct {
		name string
		a    []attr
		want coa.ErrorCause
	}{
		{"a user", attrs(joe), 0},
		{"a session", attrs(session), 0},
		{"all that is allowed beside", attrs(joe, coatest.Text(rfc2865.ReplyMessage_Type, "bye"), coatest.Text(rfc2865.Class_Type, "c"), proxy,
			coatest.Integer(rfc2866.AcctTerminateCause_Type, 6), coatest.Integer(rfc2869.EventTimestamp_Type, 1), coatest.Signature()), 0},
		{"this NAS by all its names", attrs(joe, octet(rfc2865.NASIPAddress_Type, 192, 0, 2, 1), coatest.Text(rfc2865.NASIdentifier_Type, "lac1"),
			attr{Type: rfc3162.NASIPv6Address_Type, Value: netip.MustParseAddr("2001:db8::1").AsSlice()}), 0},
		{"no identification", nil, coa.MissingAttribute},
		{"NAS identification alone", attrs(coatest.Text(rfc2865.NASIdentifier_Type, "lac1")), coa.MissingAttribute},
		{"NAS-IP-Address of another", attrs(joe, octet(rfc2865.NASIPAddress_Type, 192, 0, 2, 9)), coa.NASMismatch},
		{"NAS-Identifier of another", attrs(joe, coatest.Text(rfc2865.NASIdentifier_Type, "LAC1")), coa.NASMismatch},
		{"NAS-IPv6-Address of another", attrs(joe, attr{Type: rfc3162.NASIPv6Address_Type, Value: make([]byte, 16)}), coa.NASMismatch},
		{"one of two does not match", attrs(joe, octet(rfc2865.NASIPAddress_Type, 192, 0, 2, 1), coatest.Text(rfc2865.NASIdentifier_Type, "x")), coa.NASMismatch},
		{"another NAS, and what it cannot do", attrs(joe, only, coatest.Text(rfc2865.NASIdentifier_Type, "x")), coa.NASMismatch},
		{"Service-Type", attrs(joe, coatest.Integer(rfc2865.ServiceType_Type, 2)), coa.UnsupportedAttribute},
		{"Authorize Only", attrs(joe, only, state), coa.UnsupportedAttribute},
		{"Session-Timeout", attrs(joe, timeout), coa.UnsupportedAttribute},
		{"State", attrs(joe, state), coa.UnsupportedAttribute},
		{"Vendor-Specific", attrs(joe, octet(rfc2865.VendorSpecific_Type, 0, 0, 0, 9, 1, 3, 1)), coa.UnsupportedAttribute},
		{"Tunnel-Password", attrs(joe, octet(rfc2868.TunnelPassword_Type, make([]byte, 19)...)), coa.UnsupportedAttribute},
		{"EAP-Message", attrs(joe, octet(rfc2869.EAPMessage_Type, 1)), coa.UnsupportedAttribute},
		{"Error-Cause", attrs(joe, coatest.Integer(rfc3576.ErrorCause_Type, 201)), coa.UnsupportedAttribute},
		{"unknown and no identification", attrs(octet(250, 1)), coa.UnsupportedAttribute},
		{"two users", attrs(joe, joe), coa.InvalidRequest},
		{"empty User-Name", attrs(octet(rfc2865.UserName_Type)), coa.InvalidRequest},
		{"NAS-Port of two octets", attrs(octet(rfc2865.NASPort_Type, 1, 2)), coa.InvalidRequest},
		{"NAS-IP-Address of three octets", attrs(joe, octet(rfc2865.NASIPAddress_Type, 1, 2, 3)), coa.InvalidRequest},
		{"Acct-Terminate-Cause of one octet", attrs(joe, octet(rfc2866.AcctTerminateCause_Type, 6)), coa.InvalidRequest},
		{"empty Class", attrs(joe, octet(rfc2865.Class_Type)), coa.InvalidValue},
	} {
		if _, got := judged(t, layeh.CodeDisconnectRequest, tt.a...); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestChangeCauses(t *testing.T) {
	for _, tt := range []struct {
		name string
		a    []attr
		want coa.ErrorCause
	}{
		{"Session-Timeout", attrs(joe, timeout), 0},
		{"nothing", attrs(joe), 0},
		{"State is for the client", attrs(joe, timeout, state), 0},
		{"no identification", attrs(timeout), coa.MissingAttribute},
		{"another NAS", attrs(joe, timeout, coatest.Text(rfc2865.NASIdentifier_Type, "x")), coa.NASMismatch},
		{"one that is not supported beside one that is", attrs(joe, timeout, coatest.Text(rfc2865.FilterID_Type, "x")), coa.UnsupportedAttribute},
		{"Tunnel-Type", attrs(joe, coatest.Integer(rfc2868.TunnelType_Type, 3)), coa.UnsupportedAttribute},
		{"Tunnel-Server-Endpoint", attrs(joe, coatest.Text(rfc2868.TunnelServerEndpoint_Type, "192.0.2.1")), coa.UnsupportedAttribute},
		{"Tunnel-Password", attrs(joe, octet(rfc2868.TunnelPassword_Type, make([]byte, 19)...)), coa.UnsupportedAttribute},
		{"Vendor-Specific", attrs(joe, octet(rfc2865.VendorSpecific_Type, 0, 0, 0, 9, 1, 3, 1)), coa.UnsupportedAttribute},
		{"Reply-Message", attrs(joe, coatest.Text(rfc2865.ReplyMessage_Type, "hello")), coa.UnsupportedAttribute},
		{"Authorize Only", attrs(joe, only, state), coa.UnsupportedService},
		{"Authorize Only without State", attrs(joe, only), coa.MissingAttribute},
		{"Authorize Only with a change", attrs(joe, only, state, timeout), coa.UnsupportedAttribute},
		{"another service", attrs(joe, coatest.Integer(rfc2865.ServiceType_Type, 1)), coa.UnsupportedService},
		{"Session-Timeout of three octets", attrs(joe, octet(rfc2865.SessionTimeout_Type, 1, 2, 3)), coa.InvalidValue},
		{"Idle-Timeout of none", attrs(joe, octet(rfc2865.IdleTimeout_Type)), coa.InvalidValue},
		{"interim interval below 60", attrs(joe, coatest.Integer(rfc2869.AcctInterimInterval_Type, 59)), coa.InvalidValue},
		{"interim interval of 60", attrs(joe, coatest.Integer(rfc2869.AcctInterimInterval_Type, 60)), 0},
		{"unsupported and invalid", attrs(joe, octet(250, 1), coatest.Integer(rfc2869.AcctInterimInterval_Type, 1)), coa.UnsupportedAttribute},
		{"empty Class", attrs(joe, octet(rfc2865.Class_Type)), coa.InvalidValue},
		{"two Session-Timeouts", attrs(joe, timeout, timeout), coa.InvalidRequest},
		{"two States", attrs(joe, timeout, state, state), coa.InvalidRequest},
	} {
		if _, got := judged(t, layeh.CodeCoARequest, tt.a...); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestOrderOfADisconnect(t *testing.T) {
	got, cause := judged(t, layeh.CodeDisconnectRequest, joe, session,
		coatest.Text(rfc2865.CallingStationID_Type, "calling"), coatest.Text(rfc2865.CalledStationID_Type, "called"),
		coatest.Text(rfc2869.NASPortID_Type, "eth1:7"), coatest.Integer(rfc2865.NASPort_Type, 0),
		coatest.Text(rfc2865.Class_Type, "c1"), coatest.Text(rfc2865.Class_Type, "c2"))
	want := coa.Order{
		Kind: coa.Disconnect,
		Session: coa.Identity{
			AcctSession: "0123456789abcdef01234567", User: "joe@acme.example", CallingStation: "calling", CalledStation: "called",
			NASPortID: "eth1:7", HasNASPort: true,
		},
		Class: [][]byte{[]byte("c1"), []byte("c2")},
	}
	if diff := cmp.Diff(want, got); diff != "" || cause != 0 {
		t.Errorf("cause %d, -want +got:\n%s", cause, diff)
	}
}

func TestOrderOfAChange(t *testing.T) {
	got, cause := judged(t, layeh.CodeCoARequest, joe, timeout, coatest.Integer(rfc2865.IdleTimeout_Type, 0),
		coatest.Integer(rfc2869.AcctInterimInterval_Type, 600), coatest.Text(rfc2865.Class_Type, "c1"))
	hour, none, interim := time.Hour, time.Duration(0), 10*time.Minute
	want := coa.Order{
		Kind: coa.Change, Session: coa.Identity{User: "joe@acme.example"},
		Terms: coa.Terms{SessionTimeout: &hour, IdleTimeout: &none, InterimInterval: &interim, Class: [][]byte{[]byte("c1")}},
	}
	if diff := cmp.Diff(want, got); diff != "" || cause != 0 {
		t.Errorf("cause %d, -want +got:\n%s", cause, diff)
	}
}

// What only the LNS knows of a session, or nobody, identifies none.
func TestForeignIdentification(t *testing.T) {
	for _, typ := range []layeh.Type{
		rfc2865.FramedIPAddress_Type, rfc3162.FramedInterfaceID_Type, rfc3162.FramedIPv6Prefix_Type,
		rfc2866.AcctMultiSessionID_Type, rfc4372.ChargeableUserIdentity_Type,
	} {
		for _, code := range []layeh.Code{layeh.CodeDisconnectRequest, layeh.CodeCoARequest} {
			if got, cause := judged(t, code, joe, octet(typ, 1, 2, 3, 4)); cause != 0 || !got.Session.Foreign {
				t.Errorf("attribute %d: got %+v, cause %d", typ, got, cause)
			}
		}
	}
}
