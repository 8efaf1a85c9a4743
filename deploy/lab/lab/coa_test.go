package lab

import (
	"errors"
	"testing"
	"time"
)

func TestRadclientAnswers(t *testing.T) {
	failed := errors.New("exit status 1")
	if err := granted("Received CoA-ACK Id 1", nil, "CoA-ACK"); err != nil {
		t.Error(err)
	}
	if granted("Received CoA-NAK Id 1", nil, "CoA-ACK") == nil || granted("Received CoA-ACK Id 1", failed, "CoA-ACK") == nil {
		t.Error("a refusal passed for an acknowledgement")
	}
	if err := refusal("Received CoA-NAK\n\tError-Cause = Invalid-Request", failed, "CoA-NAK", "Invalid-Request"); err != nil {
		t.Error(err)
	}
	if refusal("Received CoA-ACK", nil, "CoA-ACK") == nil || refusal("Received CoA-NAK", failed, "Unsupported-Attribute") == nil {
		t.Error("another answer passed for a refusal")
	}
}

func TestOnTime(t *testing.T) {
	for seconds, ok := range map[string]bool{"": false, "19": false, "20": true, "22": true, "24": false} {
		if err := onTime(aRecord("Stop", "Acct-Session-Time", seconds), 20*time.Second); (err == nil) != ok {
			t.Errorf("%q s: got %v", seconds, err)
		}
	}
}
