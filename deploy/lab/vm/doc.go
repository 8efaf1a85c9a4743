// Package vm boots a throw-away Linux guest under QEMU and runs one command in
// it as root, for tests and demonstrations that need a kernel with PPP, PPPoE
// and L2TP which the machine itself may not have.
//
// The guest is Debian's linux-image, unpacked into a cache directory and never
// installed. It sees the host's file system read-only over virtio-9p under a
// tmpfs overlay, so whatever is installed on the host runs in the guest and
// nothing the guest writes reaches the host, except below the directories
// shared as writable. Output comes back through virtio-serial ports as it is
// written, the exit status through another. The kernel's console is scanned:
// a BUG, WARNING, Oops or reference count complaint fails the run whatever the
// command said.
//
// There is no network between guest and host.
//
// The calling program is its own guest init: [Run] packs the running executable
// as /init into the initial RAM disk, and a main that calls [Guest] first does
// the guest's half of the work when it finds itself there. The executable must
// therefore be static and must not import net or os/user with cgo on.
//
// The owner of all state is the goroutine that calls Run; Run leaves neither
// processes nor files behind, except the cache.
package vm
