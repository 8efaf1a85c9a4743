package trunk

import (
	"errors"
	"net/netip"
	"testing"

	"lacd/lac/l2tp"
	"lacd/lac/mailbox"
	"lacd/policy"
)

// deaf is a Network that can bind nothing.
type deaf struct{ binds int }

func (*deaf) Dial(_, _ netip.AddrPort) (Socket, error) { return nil, errors.New("no sockets") }

func (d *deaf) Bind(netip.AddrPort) (Listener, error) {
	d.binds++
	return nil, errors.New("no sockets")
}

// A listener that cannot be opened is done without, and not tried for every
// tunnel.
func TestListenFails(t *testing.T) {
	d := &deaf{}
	tr := New(Config{Log: quiet, Network: d})
	lns := &policy.LNS{Peer: netip.MustParseAddrPort("192.0.2.1:1701")}
	tr.listen(lns)
	tr.listen(lns)
	if d.binds != 1 {
		t.Errorf("%d attempts, want 1", d.binds)
	}
	lns.Peer = netip.MustParseAddrPort("[2001:db8::1]:1701")
	tr.listen(lns)
	if d.binds != 2 {
		t.Errorf("%d attempts, want one per family", d.binds)
	}
}

func TestSort(t *testing.T) {
	counts := map[string]int{}
	tr := New(Config{Log: quiet, Dropped: func(what string) { counts[what]++ }})
	peer := netip.MustParseAddrPort("192.0.2.1:1701")
	open := func(id l2tp.TunnelID, settled bool) *Tunnel {
		tun := &Tunnel{trunk: tr, id: id, lns: policy.LNS{Peer: peer}, box: mailbox.New[command]()}
		tun.settled.Store(settled)
		tr.byID[id] = tun
		tr.byHost[peer.Addr()] = append(tr.byHost[peer.Addr()], tun)
		return tun
	}
	up, older, newer := open(1, true), open(2, false), open(3, false)
	zlb := func(id l2tp.TunnelID) []byte { return []byte{0xc8, 0x02, 0, 12, 0, byte(id), 0, 0, 0, 0, 0, 0} }
	stop := l2tp.AppendMessage(nil, l2tp.Header{Nr: 1}, &l2tp.StopCCN{Result: l2tp.ResultCode{Code: 1}, TunnelID: 9}, nil)
	from := netip.AddrPortFrom(peer.Addr(), 40000)
	for _, b := range [][]byte{zlb(1), zlb(2), zlb(3), zlb(9), stop, sccrq(9), {0xc8, 0x03, 0, 12}, {0, 2, 0, 1, 0, 1}} {
		tr.sort(nil, from, b)
	}
	if n := []int{up.box.Len(), older.box.Len(), newer.box.Len()}; n[0] != 0 || n[1] != 3 || n[2] != 1 {
		t.Errorf("tunnels got %v messages, want none, its own with StopCCN and SCCRQ, its own", n)
	}
	for what, want := range map[string]int{
		"l2tp: message from a third party": 1, "l2tp: message to no tunnel": 1, "l2tp: not L2TPv2": 1, "l2tp: data of no tunnel": 1,
	} {
		if counts[what] != want {
			t.Errorf("%s: counted %d, want %d", what, counts[what], want)
		}
	}
}
