// Package lac is the daemon: it connects the state machines to sockets,
// clocks and the kernel.
//
// One access port has one reader (port.go). It answers PADI by itself and
// hands everything else to the shard that owns the session. A shard
// (shard.go) is one goroutine that owns a slab of sessions; what reaches it
// are the inputs of input.go, what its sessions want is done in execute.go.
// Kernel calls are made by executors (executor.go), RADIUS by the clients of
// authority.go, names of LNSes by resolve.go, L2TP by lac/trunk; all answer
// through shard mailboxes with a ref: shard, slot and generation, so that a late
// answer finds nobody. What RADIUS asks of sessions by itself comes from
// radius/coa/listener (coa.go).
//
// PPPoE session IDs are dealt so that ID modulo the number of shards is the
// shard. No lock is shared by the set-up of two sessions but those of the
// mailboxes, held for an append, and that of admission.go where sessions are
// limited by more than the port. What can change while the daemon runs is one
// snapshot, settings.go; what is counted of a retailer are the books of
// retailer.go, one for each shard. The front door is gate.go with
// offers.go, those who wait behind it are in lobby.go, the life of an access
// device is device.go.
//
// Accounting records are queued by the same clients, and kept on disk by
// radius/spool until a server has them (accounting.go). A run delivers what
// earlier ones left before it says Accounting-On, and its own records after it.
//
// Three places differ from the drawing this was built from: RemoveBridge
// returns the bridge's last counters, because the accounting Stop needs them;
// the data plane tells lost bridges through a function given to its
// constructor, because some losses are seen by the kernel only; and lac/trunk
// knows kernel and policy, because it hands tunnels to the one and shares them
// by the key of the other.
package lac
