package trunk

import (
	"testing"

	"lacd/lac/l2tp"
)

func TestDescribe(t *testing.T) {
	for want, r := range map[string]l2tp.Result{
		"CDN 4 sent":                            {Code: 4},
		"CDN 2/4 sent":                          {Code: 2, Error: 4},
		`CDN 3 sent: "no"`:                      {Code: 3, Message: "no"},
		"CDN 1 sent, PPP cause 3":               {Code: 1, Disconnect: &l2tp.DisconnectCause{Code: 3}},
		`CDN 1 sent, PPP cause 3 "on \"loan\""`: {Code: 1, Disconnect: &l2tp.DisconnectCause{Code: 3, Message: `on "loan"`}},
	} {
		if got := describe("CDN", r, true); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got, want := describe("StopCCN", l2tp.Result{Code: 6}, false), "StopCCN 6 from the LNS"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
