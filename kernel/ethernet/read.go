package ethernet

import (
	"encoding/binary"
	"errors"
	"os"
	"time"
	"unsafe"

	"github.com/mdlayher/ethernet"
	"golang.org/x/sys/unix"

	"lacd/kernel"
	"lacd/kernel/mmsg"
)

// downCheck is how often a device that is down is looked for: the kernel tells
// that it went down, but not that it was deleted after that.
const downCheck = time.Second

// auxdata is struct tpacket_auxdata of packet(7).
type auxdata struct {
	status   uint32
	len      uint32
	snaplen  uint32
	mac      uint16
	net      uint16
	vlanTCI  uint16
	vlanTPID uint16
}

// Bits of auxdata.status (linux/if_packet.h).
const (
	statusVLANValid     = 1 << 4
	statusVLANTPIDValid = 1 << 6
)

// reader receives a batch at a time into one piece of memory. Nothing is
// allocated per frame.
type reader struct {
	hdrs    []mmsg.Hdr
	iovs    []unix.Iovec
	buf     []byte // len(hdrs) times stride: tagLen free, then the frame
	stride  int
	control []byte // len(hdrs) times controlLen
	recv    func(fd uintptr)
	n       int        // frames received last
	errno   unix.Errno // or why not
}

var controlLen = unix.CmsgSpace(int(unsafe.Sizeof(auxdata{})))

func newReader(batch, mtu int) *reader {
	r := &reader{
		hdrs:    make([]mmsg.Hdr, batch),
		iovs:    make([]unix.Iovec, batch),
		control: make([]byte, batch*controlLen),
	}
	size := (headerLen + maxTags*tagLen + mtu + 63) &^ 63
	r.stride = tagLen + size
	r.buf = make([]byte, batch*r.stride)
	for i := range r.hdrs {
		r.iovs[i].Base = &r.buf[i*r.stride+tagLen]
		r.iovs[i].SetLen(size)
		h := &r.hdrs[i].Hdr
		h.Iov = &r.iovs[i]
		h.SetIovlen(1)
		h.Control = &r.control[i*controlLen]
	}
	r.recv = r.receive // once: a method value is allocated
	return r
}

// receive takes what is there, at most a batch.
func (r *reader) receive(fd uintptr) {
	for i := range r.hdrs {
		r.hdrs[i].Hdr.SetControllen(controlLen)
	}
	r.n, r.errno = mmsg.Recv(fd, r.hdrs)
	r.n = max(r.n, 0)
}

// frame returns the i-th frame with its outermost tag in place. ok is false when
// it did not fit.
func (r *reader) frame(i int) (frame []byte, ok bool) {
	h := &r.hdrs[i]
	if h.Hdr.Flags&unix.MSG_TRUNC != 0 {
		return nil, false
	}
	buf := r.buf[i*r.stride:][:tagLen+int(h.Len)]
	aux := r.aux(i)
	if aux == nil || aux.status&statusVLANValid == 0 || len(buf) < tagLen+headerLen {
		return buf[tagLen:], true
	}
	tpid := uint16(ethernet.EtherTypeVLAN)
	if aux.status&statusVLANTPIDValid != 0 {
		tpid = aux.vlanTPID
	}
	copy(buf[:2*macLen], buf[tagLen:])
	binary.BigEndian.PutUint16(buf[2*macLen:], tpid)
	binary.BigEndian.PutUint16(buf[2*macLen+2:], aux.vlanTCI)
	return buf, true
}

// aux returns the control message of the i-th frame. There is one, because
// PACKET_AUXDATA is the only option that asks for any.
func (r *reader) aux(i int) *auxdata {
	const size = int(unsafe.Sizeof(auxdata{}))
	control := r.control[i*controlLen:][:controlLen]
	if int(r.hdrs[i].Hdr.Controllen) < unix.CmsgLen(size) {
		return nil
	}
	h := (*unix.Cmsghdr)(unsafe.Pointer(&control[0]))
	if h.Level != unix.SOL_PACKET || h.Type != unix.PACKET_AUXDATA {
		return nil
	}
	return (*auxdata)(unsafe.Pointer(&control[unix.CmsgLen(0)]))
}

// ReadBatch implements kernel.Port: a batch from each queue. It is for one
// goroutine. While the device is down it waits; when it was deleted it returns
// kernel.ErrGone.
func (p *Port) ReadBatch(fn func(frame []byte)) error {
	for {
		err := p.queues.wait.Read(p.queues.look)
		late := errors.Is(err, os.ErrDeadlineExceeded)
		if err == nil {
			err = p.queues.err
		}
		if p.closed.Load() || err != nil && !late {
			return p.opError("read from", err)
		}
		n := 0
		if !late {
			if n, late, err = p.deliver(fn); err != nil {
				return p.opError("read from", err)
			}
		}
		if late { // time to look at the device
			if err := p.checkDevice(); err != nil {
				return p.opError("read from", err)
			}
		}
		if n > 0 {
			return nil
		}
	}
}

// deliver hands on what was received last. The device has gone down if a queue
// says so.
func (p *Port) deliver(fn func(frame []byte)) (n int, down bool, err error) {
	for _, q := range p.queues.all {
		r := q.reader
		switch r.errno {
		case 0, unix.EAGAIN:
		case unix.ENETDOWN:
			down = true
		default:
			err = os.NewSyscallError("recvmmsg", r.errno)
		}
		for i := range r.n {
			if frame, ok := r.frame(i); ok {
				fn(frame)
			} else {
				p.truncated.Add(1)
			}
		}
		n += r.n
	}
	return n, down, err
}

// checkDevice returns kernel.ErrGone when the device was deleted. Otherwise it has
// ReadBatch wait for frames, and look again later if the device is down.
func (p *Port) checkDevice() error {
	var index uint32
	var up bool
	err := p.raw.Control(func(fd uintptr) { index, up = device(int(fd), p.name) })
	if err != nil {
		return err
	}
	if int(index) != p.index {
		return kernel.ErrGone
	}
	var deadline time.Time
	if !up {
		deadline = time.Now().Add(downCheck)
	}
	return p.queues.poll.SetReadDeadline(deadline)
}

// device looks a device up in the socket's network namespace, which need not be
// that of the thread. The index is zero when there is none.
func device(fd int, name string) (index uint32, up bool) {
	ifr, err := unix.NewIfreq(name)
	if err != nil {
		return 0, false
	}
	if unix.IoctlIfreq(fd, unix.SIOCGIFINDEX, ifr) != nil {
		return 0, false
	}
	index = ifr.Uint32()
	if unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, ifr) != nil {
		return 0, false
	}
	return index, ifr.Uint16()&unix.IFF_UP != 0
}
