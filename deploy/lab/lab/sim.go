package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	simulation "lacd/lac/lactest/load"
)

// simLimit bounds a run of lacsim, which is ended by the script before.
const simLimit = 10 * time.Minute

// startSim starts lacsim in a namespace with secrets that go into files, as the
// key says -password-file or -secret-file, and waits until it listens.
func (l *Lab) startSim(ctx context.Context, name, ns string, secrets map[string]string, args ...string) (*Proc, error) {
	args = append([]string{filepath.Join(l.bin, "lacsim"), "-json", "-timeout", simLimit.String()}, args...)
	for key, text := range secrets {
		path := filepath.Join(l.dir, name+key)
		if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
			return nil, err
		}
		args = append(args, key, path)
	}
	p, err := l.start(name, ns, args...)
	if err != nil {
		return nil, err
	}
	return p, p.await(ctx, "lacsim: ready", startLimit)
}

// startSimLNS starts an LNS that is lacsim's.
func (l *Lab) startSimLNS(ctx context.Context, n LNS) error {
	habits := fmt.Sprintf("%s,name=%s", n.addr, n.name)
	_, err := l.startSim(ctx, n.name, n.name, map[string]string{"-secret-file": n.secret},
		"-lns", habits, "-down-rate", "50", "-size", "1492")
	return err
}

// simulated returns what lacsim told when it ended, which it must within the
// limit; with stop it is told to.
func (p *Proc) simulated(stop bool, limit time.Duration) (*simulation.Report, error) {
	end := p.awaitEnd
	if stop {
		end = p.stop
	}
	if err := end(limit); err != nil {
		return nil, err
	}
	out := []byte(p.output())
	at := bytes.IndexByte(out, '{')
	if at < 0 {
		return nil, p.lastWords()
	}
	rep := &simulation.Report{}
	if err := json.NewDecoder(bytes.NewReader(out[at:])).Decode(rep); err != nil {
		return nil, fmt.Errorf("%w\n%w", err, p.lastWords())
	}
	return rep, nil
}

// proc returns the program that was started last under a name.
func (l *Lab) proc(name string) *Proc {
	for i := len(l.procs) - 1; i >= 0; i-- {
		if l.procs[i].name == name {
			return l.procs[i]
		}
	}
	return nil
}
