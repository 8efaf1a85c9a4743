package vlan

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lacd/kernel"
)

// fakeLinks are devices in memory. Deleting one deletes those above it.
type fakeLinks struct {
	mu       sync.Mutex // guards what follows
	last     int
	devices  map[int]*fakeDevice
	made     int
	entered  chan string   // if not nil: tells that add or remove was entered, by name
	hold     chan struct{} // which then waits for this
	failMake error
	failDel  error
	closed   bool
}

type fakeDevice struct {
	name   string
	parent int
	tag    kernel.VLAN
	ours   bool
}

func newFakeLinks(ports ...string) *fakeLinks {
	f := &fakeLinks{devices: map[int]*fakeDevice{}}
	for _, p := range ports {
		f.put(&fakeDevice{name: p})
	}
	return f
}

func (f *fakeLinks) put(d *fakeDevice) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last++
	f.devices[f.last] = d
	return f.last
}

func (f *fakeLinks) fail(toMake, toRemove error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failMake, f.failDel = toMake, toRemove
}

func (f *fakeLinks) index(name string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, d := range f.devices {
		if d.name == name {
			return i
		}
	}
	return 0
}

// pass is where the kernel would sleep.
func (f *fakeLinks) pass(name string) {
	if f.entered != nil {
		f.entered <- name
		<-f.hold
	}
}

func (f *fakeLinks) add(parent int, tag kernel.VLAN, name string) (link, error) {
	f.pass(name)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failMake != nil {
		return link{}, f.failMake
	}
	if f.devices[parent] == nil {
		return link{}, errors.New("no such parent")
	}
	for i, d := range f.devices {
		if d.parent == parent && d.tag == tag {
			return link{d.name, i, d.ours || d.name == name}, nil
		}
	}
	f.made++
	f.last++
	f.devices[f.last] = &fakeDevice{name, parent, tag, true}
	return link{name, f.last, true}, nil
}

func (f *fakeLinks) remove(index int) error {
	f.pass("remove")
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failDel != nil {
		return f.failDel
	}
	f.del(index)
	return nil
}

func (f *fakeLinks) del(index int) {
	delete(f.devices, index)
	for i, d := range f.devices {
		if d.parent == index {
			f.del(i)
		}
	}
}

func (f *fakeLinks) leftovers([]string) (found []int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, d := range f.devices {
		if p := f.devices[d.parent]; d.ours && (p == nil || !p.ours) {
			found = append(found, i)
		}
	}
	return found, nil
}

func (f *fakeLinks) close() error {
	f.closed = true
	return nil
}

func (f *fakeLinks) names() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	names := []string{}
	for _, d := range f.devices {
		names = append(names, d.name)
	}
	slices.Sort(names)
	return names
}

func (f *fakeLinks) want(t *testing.T, when string, names ...string) {
	t.Helper()
	if diff := cmp.Diff(names, f.names(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("devices %s (-want +got):\n%s", when, diff)
	}
}

// inBubble runs f with Devices on a port eth1, which has index 1.
func inBubble(t *testing.T, f func(t *testing.T, d *Devices, l *fakeLinks)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := newFakeLinks("eth1")
		d := start(Config{}, l)
		f(t, d, l)
		for range 2 {
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		}
		if !l.closed {
			t.Error("the links are not closed")
		}
	})
}

func acquire(t *testing.T, d *Devices, vlans [2]kernel.VLAN, want string) (release func()) {
	t.Helper()
	name, release, err := d.Acquire("eth1", vlans)
	if err != nil || name != want {
		t.Fatalf("got %q, %v, want %q", name, err, want)
	}
	return release
}

func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestUntaggedIsThePort(t *testing.T) {
	inBubble(t, func(t *testing.T, d *Devices, l *fakeLinks) {
		acquire(t, d, [2]kernel.VLAN{}, "eth1")()
		l.want(t, "for no tags", "eth1")
	})
}

func TestDeviceLivesWhileUsed(t *testing.T) {
	inBubble(t, func(t *testing.T, d *Devices, l *fakeLinks) {
		first := acquire(t, d, tags(cTag, 100, 0), "lv1.100")
		second := acquire(t, d, tags(cTag, 100, 0), "lv1.100")
		if l.made != 1 {
			t.Errorf("%d devices made for one VLAN", l.made)
		}
		first()
		after(time.Hour)
		l.want(t, "with one user", "eth1", "lv1.100")
		second()
		after(9 * time.Second)
		l.want(t, "before they are idle for long", "eth1", "lv1.100")
		third := acquire(t, d, tags(cTag, 100, 0), "lv1.100")
		after(time.Minute)
		third()
		after(9 * time.Second)
		l.want(t, "before they are idle for long again", "eth1", "lv1.100")
		after(2 * time.Second)
		l.want(t, "at the end", "eth1")
		if l.made != 1 {
			t.Errorf("%d devices made, want the idle one to be used", l.made)
		}
	})
}

func TestTwoTags(t *testing.T) {
	inBubble(t, func(t *testing.T, d *Devices, l *fakeLinks) {
		a := acquire(t, d, tags(sTag, 100, 1), "ls1.100.1")
		b := acquire(t, d, tags(sTag, 100, 2), "ls1.100.2")
		c := acquire(t, d, tags(cTag, 100, 2), "lv1.100.2")
		l.want(t, "for three pairs", "eth1", "ls1.100", "ls1.100.1", "ls1.100.2", "lv1.100", "lv1.100.2")
		a()
		c()
		after(time.Minute)
		l.want(t, "for one pair", "eth1", "ls1.100", "ls1.100.2")
		outer := acquire(t, d, tags(sTag, 100, 0), "ls1.100")
		b()
		after(time.Minute)
		l.want(t, "for the outer tag", "eth1", "ls1.100")
		outer()
		after(time.Minute)
		l.want(t, "at the end", "eth1")
	})
}

// slow returns Devices whose kernel works only when it is let.
func slow(t *testing.T) (*Devices, *fakeLinks) {
	t.Helper()
	l := newFakeLinks("eth1")
	d := start(Config{Idle: time.Hour}, l)
	t.Cleanup(func() {
		l.entered = nil
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d, l
}

func (f *fakeLinks) slowDown() { f.entered, f.hold = make(chan string), make(chan struct{}) }

// One slow VLAN makes its own users wait, and nobody else.
func TestOthersDoNotWait(t *testing.T) {
	const vlans = 50
	d, l := slow(t)
	acquire(t, d, tags(cTag, 7, 0), "lv1.7")
	l.slowDown()
	var group sync.WaitGroup
	for id := range uint16(vlans) {
		for range 3 {
			group.Go(func() {
				name, _, err := d.Acquire("eth1", tags(cTag, 100+id, 0))
				if want := fmt.Sprintf("lv1.%d", 100+id); err != nil || name != want {
					t.Errorf("got %q, %v, want %q", name, err, want)
				}
			})
		}
	}
	for range vlans { // all at once
		<-l.entered
	}
	acquire(t, d, tags(cTag, 7, 0), "lv1.7")
	close(l.hold)
	group.Wait()
	if l.made != vlans+1 {
		t.Errorf("%d devices made for %d VLANs", l.made, vlans+1)
	}
}

func TestAcquireWhileRemoved(t *testing.T) {
	d, l := slow(t)
	acquire(t, d, tags(cTag, 100, 0), "lv1.100")()
	l.slowDown()
	var group sync.WaitGroup
	group.Go(func() {
		if err := d.Reset(); err != nil {
			t.Error(err)
		}
	})
	if got := <-l.entered; got != "remove" {
		t.Fatalf("Reset does %q", got)
	}
	group.Go(func() {
		if name, _, err := d.Acquire("eth1", tags(cTag, 100, 0)); err != nil || name != "lv1.100" {
			t.Errorf("got %q, %v", name, err)
		}
	})
	for dev := d.all()[0]; ; time.Sleep(time.Millisecond) { // until it waits for the device
		d.mu.Lock()
		users := dev.users
		d.mu.Unlock()
		if users > 0 {
			break
		}
	}
	l.hold <- struct{}{}
	if got := <-l.entered; got != "lv1.100" {
		t.Errorf("after it was removed: %q", got)
	}
	close(l.hold)
	group.Wait()
	l.want(t, "in the end", "eth1", "lv1.100")
}

func TestAcquireWhileClosed(t *testing.T) {
	d, l := slow(t)
	l.slowDown()
	var group sync.WaitGroup
	group.Go(func() {
		_, _, _ = d.Acquire("eth1", tags(cTag, 100, 5)) // it may be too late for that
	})
	if got := <-l.entered; got != "lv1.100" {
		t.Fatalf("Acquire does %q", got)
	}
	group.Go(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	for !d.ended() {
		time.Sleep(time.Millisecond)
	}
	go func() {
		for range l.entered { // whatever else is done needs no leave
		}
	}()
	close(l.hold)
	group.Wait()
	close(l.entered)
	l.want(t, "after Close", "eth1")
}

func TestDeviceOfTheOperator(t *testing.T) {
	inBubble(t, func(t *testing.T, d *Devices, l *fakeLinks) {
		l.put(&fakeDevice{name: "eth1.100", parent: 1, tag: kernel.VLAN{TPID: cTag, ID: 100}})
		one := acquire(t, d, tags(cTag, 100, 0), "eth1.100")
		two := acquire(t, d, tags(cTag, 100, 5), "lv1.100.5")
		l.want(t, "in use", "eth1", "eth1.100", "lv1.100.5")
		one()
		two()
		after(time.Minute)
		l.want(t, "idle", "eth1", "eth1.100")
		acquire(t, d, tags(cTag, 100, 5), "lv1.100.5")
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		l.want(t, "after Close", "eth1", "eth1.100")
	})
}

func TestPortComesBack(t *testing.T) {
	inBubble(t, func(t *testing.T, d *Devices, l *fakeLinks) {
		old := acquire(t, d, tags(sTag, 100, 5), "ls1.100.5")
		if err := l.remove(1); err != nil {
			t.Fatal(err)
		}
		l.want(t, "without the port")
		if _, _, err := d.Acquire("eth1", tags(sTag, 100, 5)); !errors.Is(err, kernel.ErrGone) {
			t.Errorf("without the port: got %v, want ErrGone", err)
		}
		index := l.put(&fakeDevice{name: "eth1"})
		renewed := acquire(t, d, tags(sTag, 100, 5), fmt.Sprintf("ls%d.100.5", index))
		old()
		after(time.Minute)
		l.want(t, "with the port", "eth1", "ls4.100", "ls4.100.5")
		renewed()
		after(time.Minute)
		l.want(t, "at the end", "eth1")
	})
}

func TestFailures(t *testing.T) {
	inBubble(t, func(t *testing.T, d *Devices, l *fakeLinks) {
		l.fail(kernel.ErrNotSupported, nil)
		if _, _, err := d.Acquire("eth1", tags(cTag, 100, 5)); !errors.Is(err, kernel.ErrNotSupported) {
			t.Errorf("got %v, want ErrNotSupported", err)
		}
		if _, _, err := d.Acquire("eth1", tags(0x9100, 100, 5)); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("got %v, want ErrUnsupported", err)
		}
		after(time.Minute)
		if n := len(d.all()); n != 0 {
			t.Errorf("%d devices remembered that could not be made", n)
		}
		l.fail(nil, errors.New("busy"))
		acquire(t, d, tags(cTag, 100, 0), "lv1.100")()
		after(time.Minute)
		l.want(t, "that cannot be removed", "eth1", "lv1.100")
		l.fail(nil, nil)
		after(time.Minute)
		l.want(t, "that can be removed again", "eth1")
	})
}

func TestReset(t *testing.T) {
	inBubble(t, func(t *testing.T, d *Devices, l *fakeLinks) {
		left := l.put(&fakeDevice{name: "lv1.9", parent: 1, tag: kernel.VLAN{TPID: cTag, ID: 9}, ours: true})
		l.put(&fakeDevice{name: "lv1.9.9", parent: left, tag: kernel.VLAN{TPID: cTag, ID: 9}, ours: true})
		used := acquire(t, d, tags(cTag, 100, 5), "lv1.100.5")
		acquire(t, d, tags(cTag, 200, 5), "lv1.200.5")()
		if err := d.Reset(); err != nil {
			t.Error(err)
		}
		l.want(t, "after Reset", "eth1", "lv1.100", "lv1.100.5")
		used()
	})
}

func TestClosed(t *testing.T) {
	inBubble(t, func(t *testing.T, d *Devices, l *fakeLinks) {
		release := acquire(t, d, tags(cTag, 100, 5), "lv1.100.5")
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		l.want(t, "after Close", "eth1")
		release()
		if _, _, err := d.Acquire("eth1", tags(cTag, 100, 5)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Acquire after Close: got %v, want net.ErrClosed", err)
		}
	})
}
