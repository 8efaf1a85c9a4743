package file

import "testing"

func TestSuggest(t *testing.T) {
	known := []string{"address", "host_name", "peer_name", "preference", "proxy_lcp", "proxy_auth", "weight"}
	tests := []struct{ word, want string }{
		{"addrss", "address"},
		{"ADDRESS", "address"},
		{"hostname", "host_name"},
		{"proxy_lpc", "proxy_lcp"},
		{"prefrence", "preference"},
		{"wheight", "weight"},
		{"colour", ""},
		{"x", ""},
		{"", ""},
	}
	for _, tt := range tests {
		want := ""
		if tt.want != "" {
			want = `did you mean "` + tt.want + `"?`
		}
		if got := suggest(tt.word, known); got != want {
			t.Errorf("%q: got %q, want %q", tt.word, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"", "abc", 3},
		{"abc", "", 3},
		{"kitten", "sitting", 3},
		{"realm", "realms", 1},
	}
	for _, tt := range tests {
		if got := distance(tt.a, tt.b); got != tt.want {
			t.Errorf("%q, %q: got %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}
