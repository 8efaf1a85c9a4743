package lac

import (
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lacd/kernel"
	"lacd/kernel/kerneltest"
	"lacd/lac/lactest"
	"lacd/lac/session"
)

// cable is an access port that can be pulled, and come back as another.
type cable struct {
	mu        sync.Mutex // guards what follows
	near, far *kerneltest.Pipe
	tries     []time.Duration // when the port was tried to be opened, after it was gone
	gone      time.Time
}

// plug makes a device with an address of its own.
func (c *cable) plug(mac byte, mtu int) *lactest.Segment {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.near, c.far = kerneltest.NewPipe(
		kerneltest.PipeEnd{Name: "eth1", MAC: [6]byte{2, 0, 0, 0, 0, mac}, MTU: mtu},
		kerneltest.PipeEnd{Name: "far", MTU: mtu},
	)
	seg := lactest.NewSegment(c.far)
	go seg.Run()
	return seg
}

func (c *cable) pull() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.near.Delete()
	_ = c.far.Close() // ends its segment
	c.near, c.gone = nil, time.Now()
}

func (c *cable) open() (kernel.Port, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tries = append(c.tries, time.Since(c.gone))
	if c.near == nil {
		return nil, errors.New("no such device")
	}
	return c.near, nil
}

// The device of an access port is deleted and comes back: the sessions end as
// those of a lost carrier, and new ones come up on the new device, with its
// address and MTU.
func TestDeviceIsDeletedAndComesBack(t *testing.T) {
	c := &cable{}
	change := func(cfg *Config) {
		cfg.PPP.MRU = 1500
		cfg.Access[0].Open = c.open
	}
	inRig(t, rigOptions{change: change}, func(t *testing.T, r *rig) {
		oneLNS(r)
		c.near, c.far = r.srv.access[0].port.port().(*kerneltest.Pipe), r.far
		mute := alice
		mute.Mute = true
		up, half := r.seg.Dial(alice), r.seg.Dial(mute)
		settle()
		if up.State() != lactest.Proven || half.State() != lactest.Linking {
			t.Fatalf("subscribers in states %d, %d", up.State(), half.State())
		}
		c.pull()
		settle()
		if n := r.srv.live.Load(); n != 0 {
			t.Errorf("%d sessions without a device", n)
		}
		if got := r.records(r.radius); !cmp.Equal(got, []string{"start", "stop Lost-Carrier"}) {
			t.Errorf("accounting %q", got)
		}
		if call := r.lns1.Calls()[0]; !call.Down || call.Result.String() != "1" {
			t.Errorf("the LNS was told %v (down %v), want CDN 1", call.Result, call.Down)
		}
		if up := gather(t, r.srv.Collector())["lacd_port_up eth1"]; up != 0 {
			t.Errorf("lacd_port_up is %v", up)
		}
		after(time.Minute)
		want := []time.Duration{500, 1500, 3500, 7500, 15500, 23500, 31500, 39500, 47500, 55500}
		for i := range want {
			want[i] *= time.Millisecond
		}
		if diff := cmp.Diff(want, c.tries); diff != "" {
			t.Errorf("the port was tried at (-want +got):\n%s", diff)
		}
		seg := c.plug(0x77, 1508)
		after(10 * time.Second)
		a := alice
		a.MaxPayload = 1500
		again := seg.Dial(a)
		settle()
		if again.State() != lactest.Proven {
			t.Errorf("subscriber on the new device in state %d", again.State())
		}
		if bs := r.plane.Bridges(); len(bs) != 1 || bs[0].MTU != 1500 {
			t.Errorf("bridges %+v, want one of MTU 1500", bs)
		}
		r.srv.views(func(v *session.View) bool {
			if v.Origin.Local[5] != 0x77 {
				t.Errorf("the session is on %v", v.Origin.Local)
			}
			return true
		})
		if log := r.log.String(); strings.Count(log, "access port is gone") != 1 || strings.Count(log, "access port is back") != 1 {
			t.Error("the log does not tell once that the port was gone and once that it came back")
		}
		if up := gather(t, r.srv.Collector())["lacd_port_up eth1"]; up != 1 {
			t.Errorf("lacd_port_up is %v", up)
		}
		again.HangUp()
		settle()
		_ = c.far.Close() // ends its segment
	})
}

// The daemon ends in order while a device is away, whether it is waited for or
// not.
func TestStopWithoutDevice(t *testing.T) {
	for name, open := range map[string]func() (kernel.Port, error){
		"waiting": (&cable{}).open, "not waiting": nil,
	} {
		t.Run(name, func(t *testing.T) {
			inRig(t, with(func(a *Access) { a.Open = open }), func(t *testing.T, r *rig) {
				oneLNS(r)
				r.seg.Dial(alice)
				settle()
				r.srv.access[0].port.port().(*kerneltest.Pipe).Delete()
				after(700 * time.Millisecond)
				if n := r.srv.live.Load(); n != 0 {
					t.Errorf("%d sessions without a device", n)
				}
			})
		})
	}
}

// Frames of a device are counted on after another has taken its place, and one
// that is opened too late is closed again.
func TestDeviceStats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, _ := kerneltest.NewPipe(kerneltest.PipeEnd{Name: "eth1"}, kerneltest.PipeEnd{})
		two, _ := kerneltest.NewPipe(kerneltest.PipeEnd{Name: "eth1", MAC: [6]byte{2}, MTU: 1508}, kerneltest.PipeEnd{})
		d := newDevice(one, func() (kernel.Port, error) { return two, nil })
		short := [][]byte{{1}, {2}}
		_ = d.WriteBatch(short) // refused and counted
		d.lose()
		if d.up.Load() {
			t.Error("up without a device")
		}
		if err := d.reopen(); err != nil {
			t.Fatal(err)
		}
		_ = d.WriteBatch(short[:1])
		if got := d.Stats(); got.SendErrors != 3 {
			t.Errorf("got %+v, want 3 send errors", got)
		}
		if d.Name() != "eth1" || d.MTU() != 1508 || d.MAC() != [6]byte{2} || !d.up.Load() {
			t.Errorf("got %s, MTU %d, %x", d.Name(), d.MTU(), d.MAC())
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		if err := d.reopen(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("reopened after Close: %v", err)
		}
	})
}
