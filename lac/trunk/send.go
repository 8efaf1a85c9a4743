package trunk

import (
	"lacd/kernel/mmsg"
	"lacd/lac/tunnel"
)

// send sends a control message. The first one to where the peer answers from
// moves the socket there: the data plane needs it connected.
func (t *Tunnel) send(s tunnel.Send) {
	if s.To != t.peer {
		if !t.trunk.claim(t, s.To) {
			t.trunk.cfg.Dropped("l2tp: two tunnels with one address and port of the LNS")
			return
		}
		t.flush() // what is for the peer so far
		if err := t.sock.Connect(s.To); err != nil {
			t.trunk.cfg.Log.Error("tunnel cannot move", "tunnel", t.id, "lns", t.lns.Name, "to", s.To, "err", err)
			return
		}
		t.trunk.cfg.Log.Info("LNS answers from elsewhere", "tunnel", t.id, "lns", t.lns.Name, "peer", t.peer, "now", s.To)
		t.peer = s.To
	}
	t.write(s.Datagram)
}

// write sends a datagram, with others of the same turn: a system call for each
// costs as much as all else that is done for a message.
func (t *Tunnel) write(b []byte) {
	if t.out = append(t.out, b); len(t.out) == batchSize {
		t.flush()
	}
}

// flush sends what write has kept. What the kernel refuses is lost like any
// datagram, without those behind it: the reliable channel sends it again.
func (t *Tunnel) flush() {
	mmsg.WriteAll(t.sock, t.out, func(err error) {
		t.trunk.murmur.Debug("l2tp send failed", "tunnel", t.id, "peer", t.peer, "err", err)
	})
	t.out = t.out[:0]
}
