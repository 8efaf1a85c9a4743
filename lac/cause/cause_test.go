package cause

import (
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

// What each party is told, a row for each cause: the CDN as "result/error" and
// "-" where the LNS ended it or StopCCN does, the PPP disconnect cause as
// "code/direction", whether LCP Terminate-Request comes before PADT, and
// Acct-Terminate-Cause by its name in RFC 2866 section 5.10.
func TestTable(t *testing.T) {
	const (
		userRequest        = 1
		lostCarrier        = 2
		lostService        = 3
		idleTimeout        = 4
		sessionTimeout     = 5
		adminReset         = 6
		adminReboot        = 7
		nasError           = 9
		serviceUnavailable = 15
		userError          = 17
	)
	type row struct {
		result, errorCode uint16
		ppp               PPP
		terminate         bool
		acct              uint32
	}
	admin := PPP{Code: Administrative}
	want := map[Cause]row{
		// The subscriber: its PADT or Terminate-Request, or its silence. Before
		// the tunnel Terminate-Ack has answered it already.
		UserRequest: {1, 0, PPP{3, 0, 1}, false, userRequest},
		LostCarrier: {1, 0, PPP{8, 0xc021, 0}, false, lostCarrier},
		LCPFailed:   {1, 0, PPP{5, 0xc021, 0}, true, lostCarrier},
		// Before a call exists; accounting never began.
		AuthTimeout:     {1, 0, PPP{}, true, userError},
		AuthRejected:    {1, 0, PPP{}, true, userError},
		AuthUnreachable: {1, 0, PPP{}, true, serviceUnavailable},
		NoLNS:           {1, 0, PPP{}, true, serviceUnavailable},
		// CDN 2, 4 and 5 of every LNS that was tried.
		CallFailed: {1, 0, PPP{}, true, serviceUnavailable},
		// The LNS: its CDN is acknowledged and nothing else. The subscriber
		// gets one Terminate-Request besides PADT, so that it dials at once.
		LNSHangUp:      {0, 0, PPP{}, true, lostCarrier},
		LNSAdmin:       {0, 0, PPP{}, true, adminReset},
		LNSNASError:    {0, 0, PPP{}, true, nasError},
		LNSUserError:   {0, 0, PPP{}, true, userError},
		TunnelShutdown: {0, 0, PPP{}, true, lostService},
		TunnelLost:     {0, 0, PPP{}, true, lostService},
		// The operator, RADIUS, the clock.
		SessionTimeout: {3, 0, admin, true, sessionTimeout},
		IdleTimeout:    {3, 0, admin, true, idleTimeout},
		AdminReset:     {3, 0, admin, true, adminReset},
		Shutdown:       {0, 0, PPP{}, true, adminReboot}, // StopCCN 6
		// Ourselves: general error, "insufficient resources".
		Resources: {2, 4, PPP{}, true, nasError},
		DataPlane: {2, 4, PPP{}, true, nasError},
		// The line itself, which has begun anew: nobody is there to answer a
		// Terminate-Request.
		Replaced: {1, 0, PPP{}, false, lostCarrier},
		// Before a call exists.
		RetailerBusy:  {1, 0, PPP{}, true, serviceUnavailable},
		RetailerLimit: {1, 0, PPP{}, true, serviceUnavailable},
	}
	for _, c := range All() {
		w, ok := want[c]
		if !ok {
			t.Errorf("%v: no row says what it tells whom", c)
			continue
		}
		k := c.Codes()
		got := row{k.CDNResult, k.CDNError, k.PPP, k.Terminate, k.AcctTerminate}
		if diff := cmp.Diff(w, got, cmp.AllowUnexported(row{})); diff != "" {
			t.Errorf("%v (-want +got):\n%s", c, diff)
		}
	}
}

// Result Codes are those of a CDN that RFC 2661 section 4.4.2 lets a LAC send
// for an incoming call, an Error Code goes with code 2 alone, and the codes of
// RFC 3145 name a protocol where section 3 wants one.
func TestCodesAreValid(t *testing.T) {
	for _, c := range All() {
		k := c.Codes()
		if k.CDNResult > 5 || (k.CDNError != 0) != (k.CDNResult == 2) {
			t.Errorf("%v: CDN %d/%d", c, k.CDNResult, k.CDNError)
		}
		if k.AcctTerminate < 1 || k.AcctTerminate > 18 {
			t.Errorf("%v: Acct-Terminate-Cause %d", c, k.AcctTerminate)
		}
		protocol := uint16(0)
		switch p := k.PPP.Code; {
		case p >= 5 && p <= 12:
			protocol = 0xc021
		case p >= 13:
			// Authentication fails before there is a call, and NCPs are the LNS's.
			t.Errorf("%v: there is no CDN to carry code %d", c, p)
		}
		if k.PPP.Protocol != protocol {
			t.Errorf("%v: PPP code %d with protocol %#04x, want %#04x", c, k.PPP.Code, k.PPP.Protocol, protocol)
		}
		if k.CDNResult == 0 && k.PPP != (PPP{}) {
			t.Errorf("%v: a PPP cause, and no CDN to carry it", c)
		}
	}
}

func TestTexts(t *testing.T) {
	seen := map[string]Cause{}
	for _, c := range All() {
		k := c.Codes()
		if other, ok := seen[k.Label]; ok {
			t.Errorf("%d and %d are both called %q", c, other, k.Label)
		}
		seen[k.Label] = c
		if c.String() != k.Label || k.Label == "" || strings.ContainsFunc(k.Label, func(r rune) bool { return r != '-' && !unicode.IsLower(r) }) {
			t.Errorf("label %q", k.Label)
		}
		if k.Text == "" || strings.HasSuffix(k.Text, ".") || len(k.Text) > 100 {
			t.Errorf("%v: text %q", c, k.Text)
		}
	}
	if got := numCauses.String(); got != "unknown" {
		t.Errorf("a cause that is none is called %q", got)
	}
}

func TestFromLNS(t *testing.T) {
	for _, tt := range []struct {
		result, disconnect uint16
		direction          uint8
		want               Cause
	}{
		{1, 0, 0, LNSHangUp},
		{2, 0, 0, LNSHangUp},
		{3, 0, 0, LNSAdmin},
		{4, 0, 0, LNSHangUp},
		{99, 0, 0, LNSHangUp},
		{1, 1, 0, LNSAdmin},
		{3, 3, 1, UserRequest}, // Terminate-Request of the subscriber
		{1, 3, 1, UserRequest},
		{3, 3, 2, LNSAdmin}, // of the LNS
		{1, 3, 2, LNSHangUp},
		{3, 8, 0, LostCarrier},
		{3, 13, 0, LNSNASError},
		{3, 17, 0, LNSNASError},
		{3, 16, 1, LNSUserError},
		{3, 18, 0, LNSAdmin}, // without a meaning of its own: the Result Code decides
		{1, 18, 0, LNSHangUp},
	} {
		if got := FromLNS(tt.result, tt.disconnect, tt.direction); got != tt.want {
			t.Errorf("CDN %d, PPP %d direction %d: got %v, want %v", tt.result, tt.disconnect, tt.direction, got, tt.want)
		}
	}
}
