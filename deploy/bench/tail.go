package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"time"
)

// line is what the gateway's log says, as far as it is needed.
type line struct {
	Time  time.Time `json:"time"`
	Level string    `json:"level"`
	Msg   string    `json:"msg"`
	LNS   string    `json:"lns"`
	Peer  string    `json:"peer"`
	Cause string    `json:"cause"`
}

// tail follows the gateway's log as it grows. It counts what is frequent and
// parses what is not.
type tail struct {
	f    *os.File
	rest []byte // a line that is not complete yet
	buf  []byte

	up    int // "session up"
	down  int // "session down"
	lines []line
	all   bool // parse the frequent lines too
}

func follow(path string) (*tail, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &tail{f: f, buf: make([]byte, 1<<20)}, nil
}

var (
	sessionUp   = []byte(`"msg":"session up"`)
	sessionDown = []byte(`"msg":"session down"`)
)

// read takes what has been written since the last time.
func (t *tail) read() error {
	for {
		n, err := t.f.Read(t.buf)
		t.take(t.buf[:n])
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (t *tail) take(b []byte) {
	for {
		one, after, whole := bytes.Cut(b, []byte("\n"))
		t.rest = append(t.rest, one...)
		if !whole {
			return
		}
		t.note(t.rest)
		t.rest, b = t.rest[:0], after
	}
}

func (t *tail) note(one []byte) {
	switch {
	case bytes.Contains(one, sessionUp):
		t.up++
	case bytes.Contains(one, sessionDown):
		t.down++
	default:
		t.parse(one)
		return
	}
	if t.all {
		t.parse(one)
	}
}

// parse keeps a line. One that is not JSON is the runtime's, of a crash.
func (t *tail) parse(one []byte) {
	var l line
	if json.Unmarshal(one, &l) != nil {
		l = line{Level: "CRASH", Msg: string(one)}
	}
	t.lines = append(t.lines, l)
}

// crashes returns what the runtime and the gateway say about their own faults.
func (t *tail) crashes() (all []string) {
	for _, l := range t.lines {
		if l.Level == "CRASH" || l.Level == "ERROR" {
			all = append(all, l.Msg)
		}
	}
	return all
}
