package tunnel

import (
	"testing"
	"time"
)

func TestStopTranscripts(t *testing.T) {
	transcripts(t, "stop-*.txt", newConnScene)
}

func TestDue(t *testing.T) {
	tests := []struct {
		at   time.Time
		want bool
	}{
		{time.Time{}, false},
		{epoch.Add(-1), true},
		{epoch, true},
		{epoch.Add(1), false},
	}
	for _, tt := range tests {
		if got := due(tt.at, epoch); got != tt.want {
			t.Errorf("%v: got %v", tt.at, got)
		}
	}
}
