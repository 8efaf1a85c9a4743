package wire

import "testing"

func TestMAC(t *testing.T) {
	tests := []struct {
		mac       MAC
		text      string
		multicast bool
	}{
		{MAC{}, "00:00:00:00:00:00", false},
		{MAC{0x02, 0x00, 0x5e, 0x00, 0x53, 0xfa}, "02:00:5e:00:53:fa", false},
		{MAC{0x01, 0x00, 0x5e, 0x00, 0x00, 0x01}, "01:00:5e:00:00:01", true},
		{Broadcast, "ff:ff:ff:ff:ff:ff", true},
	}
	for _, tt := range tests {
		if got := tt.mac.String(); got != tt.text {
			t.Errorf("String: got %q, want %q", got, tt.text)
		}
		if got := tt.mac.IsMulticast(); got != tt.multicast {
			t.Errorf("%v IsMulticast: got %v, want %v", tt.mac, got, tt.multicast)
		}
	}
}

func TestVLANs(t *testing.T) {
	tests := []struct {
		vlans VLANs
		n     int
		text  string
	}{
		{VLANs{}, 0, ""},
		{VLANs{{CTag, 100}}, 1, "100"},
		{VLANs{{STag, 100}, {CTag, 4094}}, 2, "100.4094"},
	}
	for _, tt := range tests {
		if got := tt.vlans.Len(); got != tt.n {
			t.Errorf("%v Len: got %d, want %d", tt.vlans, got, tt.n)
		}
		if got := tt.vlans.String(); got != tt.text {
			t.Errorf("String: got %q, want %q", got, tt.text)
		}
	}
}

func TestMACMarshalText(t *testing.T) {
	got, err := MAC{2, 0, 0xab, 0, 0, 1}.MarshalText()
	if err != nil || string(got) != "02:00:ab:00:00:01" {
		t.Errorf("MarshalText = %q, %v", got, err)
	}
}
