package lac

import (
	"testing"

	"layeh.com/radius/rfc2866"

	"lacd/policy"
)

// Who authenticated depends on who was asked (RFC 2866 section 5.6).
func TestAuthentic(t *testing.T) {
	for _, tt := range []struct {
		r    policy.Retailer
		want rfc2866.AcctAuthentic
	}{
		{policy.Retailer{Authorize: policy.ByRADIUS}, rfc2866.AcctAuthentic_Value_RADIUS},
		{policy.Retailer{Authorize: policy.ByRealm}, rfc2866.AcctAuthentic_Value_Remote},
		{policy.Retailer{Authorize: policy.ByLine}, rfc2866.AcctAuthentic_Value_Local},
		{policy.Retailer{Authorize: policy.ByLine, AskLine: true}, rfc2866.AcctAuthentic_Value_RADIUS},
	} {
		if got := rfc2866.AcctAuthentic(authentic(&tt.r)); got != tt.want {
			t.Errorf("%v, ask %v: got %v, want %v", tt.r.Authorize, tt.r.AskLine, got, tt.want)
		}
	}
}
