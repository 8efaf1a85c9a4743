package kerneltest

import (
	"net/netip"
	"testing"

	"lacd/kernel"
)

func TestFakeConforms(t *testing.T) {
	TestDataplane(t, func(t *testing.T) *Rig {
		lost := make(chan kernel.BridgeID, 16)
		fake := NewFake(func(id kernel.BridgeID) { lost <- id })
		return &Rig{
			Dataplane: fake,
			Tunnel: func(i int) kernel.Tunnel {
				return kernel.Tunnel{
					ID: kernel.TunnelID(100 + i), PeerID: kernel.TunnelID(200 + i),
					Local: netip.MustParseAddrPort("192.0.2.1:1701"),
					Peer:  netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(2 + i)}), 1701),
				}
			},
			Bridge: func(i int, tun kernel.TunnelID) kernel.Bridge {
				return kernel.Bridge{
					ID: kernel.BridgeID(1000 + i), Port: "eth1", MAC: [6]byte{2, 0, 0, 0, 1, byte(i)},
					PPPoE: uint16(1 + i), Tunnel: tun, Session: uint16(1 + i), PeerSession: uint16(501 + i),
					MTU: 1492,
				}
			},
			Traffic: func(b kernel.Bridge, up, down, size int) {
				fake.SetCounters(kernel.Counters{
					ID:        b.ID,
					UpPackets: uint64(up), UpOctets: uint64(up * size),
					DownPackets: uint64(down), DownOctets: uint64(down * size),
				})
			},
			Lose: func(b kernel.Bridge) { fake.Lose(b.ID) },
			Lost: lost,
		}
	})
}
