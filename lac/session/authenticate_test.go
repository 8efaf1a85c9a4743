package session

import "testing"

// What a RADIUS server says to a subscriber reaches it as one line of text.
func TestDisplayable(t *testing.T) {
	for _, tt := range []struct{ message, want string }{
		{"", "Access denied"},
		{"Your account is suspended, call 0800 1234", "Your account is suspended, call 0800 1234"},
		{"Zugang gesperrt: Prüfung läuft", "Zugang gesperrt: Prüfung läuft"},
		{"one\r\ntwo\tthree", "one two three"},
		{"\x1b[2Jboo\x00", "[2Jboo"},
		{"  in the middle  ", "in the middle"},
		{"bad \xff\xfe octets", "bad octets"},
		{"\n\x07\x00", "Access denied"},
		{"right \u202e left", "right left"},
	} {
		if got := displayable(tt.message); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.message, got, tt.want)
		}
	}
}
