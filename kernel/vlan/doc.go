// Package vlan keeps the network devices on which the frames of VLANs are seen
// without their tags (IEEE 802.1Q, 802.1ad): one for each VLAN of an access
// device that is in use, and for two tags one above the other. The PPPoE
// sockets of the kernel, and thus package pppbridge, need them.
//
// The first Acquire of a VLAN makes its device, over netlink; others of the same
// VLAN wait for it, those of other VLANs do not. When the last user has released
// it, it stays for Config.Idle, as subscribers come back. Devices are named
// after the index of the access device and the VLAN IDs, as lv3.100.200, with
// "ls" for an outer tag of 802.1ad; they have its address and MTU, the alias
// "lacd", and no IPv6 address. A device that the operator made for the same tags is used
// and never removed.
//
// When an access device is deleted, the kernel deletes what is above it; the
// next Acquire finds that out and makes the devices anew. Reset removes what a
// run that was killed has left, on the access devices of Config.Ports alone.
//
// Linux slows down with many devices: making one takes about a millisecond,
// removing one some more, and thousands are looked through by other programs.
// The kernel needs the module 8021q, which it loads by itself; see Probe. Needs
// CAP_NET_ADMIN.
package vlan
