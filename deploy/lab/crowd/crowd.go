package crowd

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"lacd/kernel"
	"lacd/kernel/ethernet"
	"lacd/lac/lactest"
)

// Config says who the subscribers are.
type Config struct {
	Device         string // network device
	User, Password string // User has %d for the number, from 0
	Number         int
	Service        [4]byte   // address that their echo requests go to
	In             io.Reader // commands
	Out            io.Writer // answers
}

// crowd is many subscribers on one device, in one program. Each dials in, and is
// up when an echo request through its session is answered.
type crowd struct {
	seg     *lactest.Segment
	port    *echoPort
	cfg     Config
	members []*member
	redials int
}

type member struct {
	n      int
	sub    *lactest.Subscriber
	dialed time.Time
	asked  time.Time // last echo request
	seq    uint16
}

// UpLimit bounds the command up.
const UpLimit = 120 * time.Second

// Times of a member: a set-up that takes longer than redialAfter is given up.
const (
	redialAfter = 60 * time.Second
	askAgain    = time.Second
)

// Run does what it is told on cfg.In, a command a line, until that ends, and
// answers each with a line:
//
//	up          all dial in at once; answers when they are up
//	traffic K N each of the first K sends N echo requests of full size
//	hangup K    the first K send PADT
//	ended       answers when all sessions are over
func Run(ctx context.Context, cfg Config) (err error) {
	real, err := ethernet.Listen(ethernet.Config{Name: cfg.Device, All: true})
	if err != nil {
		return err
	}
	c := &crowd{port: &echoPort{Port: real, got: make([]int, cfg.Number)}, cfg: cfg}
	c.seg = lactest.NewSegment(c.port)
	var wg sync.WaitGroup
	wg.Go(c.seg.Run)
	defer func() {
		err = errors.Join(err, real.Close())
		wg.Wait()
	}()
	for i := range cfg.Number {
		c.members = append(c.members, &member{n: i})
	}
	for lines := bufio.NewScanner(cfg.In); lines.Scan(); {
		answer, err := c.obey(ctx, strings.Fields(lines.Text()))
		if err != nil {
			return err
		}
		fmt.Fprintln(cfg.Out, answer)
	}
	return nil
}

func (c *crowd) obey(ctx context.Context, words []string) (string, error) {
	var numbers []int
	for _, w := range words[1:] {
		n, err := strconv.Atoi(w)
		if err != nil {
			return "", err
		}
		numbers = append(numbers, n)
	}
	switch command := words[0]; {
	case command == "up":
		return c.bringUp(ctx)
	case command == "traffic" && len(numbers) == 2:
		return c.traffic(ctx, numbers[0], numbers[1])
	case command == "hangup" && len(numbers) == 1:
		for _, m := range c.members[:numbers[0]] {
			m.sub.HangUp()
		}
		return fmt.Sprintf("hung up %d", numbers[0]), nil
	case command == "ended":
		return c.ended(ctx)
	}
	return "", fmt.Errorf("what is %q?", words)
}

func (c *crowd) dial(m *member, now time.Time) {
	m.dialed = now
	m.sub = c.seg.Dial(lactest.Account{User: fmt.Sprintf(c.cfg.User, m.n), Password: c.cfg.Password})
}

// bringUp dials in with all at once.
func (c *crowd) bringUp(ctx context.Context) (string, error) {
	begin := time.Now()
	for _, m := range c.members {
		c.dial(m, begin)
	}
	err := until(ctx, UpLimit, func() error {
		now, up := time.Now(), 0
		for _, m := range c.members {
			switch {
			case c.port.count(m.n) > 0:
				up++
			case closed(m.sub.Done()) || now.Sub(m.dialed) > redialAfter:
				m.sub.HangUp()
				c.redials++
				c.dial(m, now)
			case closed(m.sub.Proven()) && now.Sub(m.asked) > askAgain:
				c.ask(m, now, 84)
			}
		}
		if up < len(c.members) {
			return fmt.Errorf("%d of %d are up, %d redials", up, len(c.members), c.redials)
		}
		return nil
	})
	took := time.Since(begin)
	return fmt.Sprintf("up %d in %.1f s, %.0f a second, %d redials",
		len(c.members), took.Seconds(), float64(len(c.members))/took.Seconds(), c.redials), err
}

// ask sends an echo request of size octets.
func (c *crowd) ask(m *member, now time.Time, size int) {
	m.asked = now
	m.seq++
	src := [4]byte{10, 200, byte(m.n >> 8), byte(m.n)}
	m.sub.Send(echo(src, c.cfg.Service, uint16(m.n), m.seq, size))
}

// traffic has some members send full-size packets, in rounds: a round begins when
// the one before is answered, so that no queue is too short for it.
func (c *crowd) traffic(ctx context.Context, some, each int) (string, error) {
	answered := func() (n int) {
		for _, m := range c.members[:some] {
			n += c.port.count(m.n)
		}
		return n
	}
	begin, before := time.Now(), answered()
	for round := range each {
		for _, m := range c.members[:some] {
			c.ask(m, begin, 1492)
		}
		err := until(ctx, 10*time.Second, func() error {
			if got, want := answered()-before, (round+1)*some; got < want {
				return fmt.Errorf("%d of %d were answered", got, want)
			}
			return nil
		})
		if err != nil { // for the script to judge
			return err.Error(), nil
		}
	}
	return fmt.Sprintf("answered %d in %.1f s", answered()-before, time.Since(begin).Seconds()), nil
}

// ended waits for the PADTs.
func (c *crowd) ended(ctx context.Context) (string, error) {
	err := until(ctx, 30*time.Second, func() error {
		n := 0
		for _, m := range c.members {
			if closed(m.sub.Done()) {
				n++
			}
		}
		if n < len(c.members) {
			return fmt.Errorf("%d of %d sessions have ended", n, len(c.members))
		}
		return nil
	})
	return fmt.Sprintf("ended %d", len(c.members)), err
}

// until calls f until it returns nil, at most for limit, and returns what it said
// last.
func until(ctx context.Context, limit time.Duration, f func() error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		err := f()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("after %v: %w", limit, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// sessionData is the EtherType of PPPoE sessions (RFC 2516 section 4).
const sessionData = 0x8864

// echoPort counts the answers to echo requests on their way to the subscribers,
// who know nothing of IP.
type echoPort struct {
	kernel.Port

	mu  sync.Mutex // guards got: Segment.Run counts, the commands read
	got []int      // by ICMP identifier
}

// ReadBatch implements kernel.Port.
func (p *echoPort) ReadBatch(fn func([]byte)) error {
	return p.Port.ReadBatch(func(f []byte) {
		// Ethernet, PPPoE, PPP: the frames of the crowd have no tags.
		if len(f) >= 20+echoSize && binary.BigEndian.Uint16(f[12:]) == sessionData && isEcho(f[20:], echoReply) {
			p.mu.Lock()
			if id := int(binary.BigEndian.Uint16(f[20+icmpAt+4:])); id < len(p.got) {
				p.got[id]++
			}
			p.mu.Unlock()
			return
		}
		fn(f)
	})
}

func (p *echoPort) count(id int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.got[id]
}
