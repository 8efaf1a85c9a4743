package pppbridge

import (
	"errors"
	"fmt"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"lacd/kernel"
)

// Of linux/l2tp.h.
const (
	familyName    = "l2tp"
	familyVersion = 1

	cmdTunnelCreate = 1
	cmdTunnelDelete = 2

	attrEncapType    = 2
	attrProtoVersion = 7
	attrConnID       = 9
	attrPeerConnID   = 10
	attrFD           = 23

	encapUDP = 0
	version2 = 2
)

// family is the number of the generic netlink family "l2tp", which the kernel
// loads when it is asked for.
func family() (uint16, error) {
	f, err := netlink.GenlFamilyGet(familyName)
	if err != nil {
		return 0, fmt.Errorf("find the generic netlink family %s: %w", familyName, notSupported(err))
	}
	return f.ID, nil
}

func request(family uint16, command uint8) *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(int(family), unix.NLM_F_ACK)
	req.AddData(&nl.Genlmsg{Command: command, Version: familyVersion})
	return req
}

// createTunnel makes a kernel tunnel of the UDP socket. Unlike the connect(2) of
// a PPPoL2TP socket it refuses an ID that somebody else uses.
func createTunnel(family uint16, t *kernel.Tunnel) error {
	if t.Socket == nil {
		return errors.New("no UDP socket")
	}
	req := request(family, cmdTunnelCreate)
	req.AddData(nl.NewRtAttr(attrConnID, nl.Uint32Attr(uint32(t.ID))))
	req.AddData(nl.NewRtAttr(attrPeerConnID, nl.Uint32Attr(uint32(t.PeerID))))
	req.AddData(nl.NewRtAttr(attrProtoVersion, nl.Uint8Attr(version2)))
	req.AddData(nl.NewRtAttr(attrEncapType, nl.Uint16Attr(encapUDP)))
	var err error
	// Control keeps the socket from being closed and leaves its mode alone.
	cerr := t.Socket.Control(func(fd uintptr) {
		req.AddData(nl.NewRtAttr(attrFD, nl.Uint32Attr(uint32(fd))))
		_, err = req.Execute(unix.NETLINK_GENERIC, 0)
	})
	if errors.Is(err, unix.EEXIST) {
		err = fmt.Errorf("%w: %w", kernel.ErrConflict, err)
	}
	return errors.Join(cerr, err)
}

// deleteTunnel unmakes a kernel tunnel. The UDP socket stays open. It is no
// error that the tunnel went away with its socket before.
func deleteTunnel(family uint16, id kernel.TunnelID) error {
	req := request(family, cmdTunnelDelete)
	req.AddData(nl.NewRtAttr(attrConnID, nl.Uint32Attr(uint32(id))))
	_, err := req.Execute(unix.NETLINK_GENERIC, 0)
	if errors.Is(err, unix.ENODEV) {
		return nil
	}
	return err
}
