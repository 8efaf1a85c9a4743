package vm

import (
	"slices"
	"testing"
)

func TestConsoleTrouble(t *testing.T) {
	const console = "[    0.1] Command line: BUG=1 oops=panic\r\n" +
		"[    0.2] MDS CPU bug present and SMT on\r\n" +
		"[    0.3] DEBUG: fine\r\n" +
		"[    1.0] WARNING: CPU: 0 PID: 1 at net/l2tp/l2tp_core.c:1 l2tp_tunnel_free\r\n" +
		"[    1.1] BUG: kernel NULL pointer dereference, address: 0000000000000008\r\n" +
		"[    1.2] Oops: 0000 [#1] PREEMPT SMP\r\n" +
		"[    1.3] refcount_t: underflow; use-after-free.\r\n" +
		"[    1.4] unregister_netdevice: waiting for ppp0 to become free. Usage count = 1\r\n" +
		"[    1.5] reboot: Restarting system"
	got := consoleTrouble(console)
	want := []string{
		"[    1.0] WARNING: CPU: 0 PID: 1 at net/l2tp/l2tp_core.c:1 l2tp_tunnel_free",
		"[    1.1] BUG: kernel NULL pointer dereference, address: 0000000000000008",
		"[    1.2] Oops: 0000 [#1] PREEMPT SMP",
		"[    1.3] refcount_t: underflow; use-after-free.",
		"[    1.4] unregister_netdevice: waiting for ppp0 to become free. Usage count = 1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
