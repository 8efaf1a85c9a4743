package main

import (
	"testing"
	"time"
)

func TestReadFailover(t *testing.T) {
	at := func(s float64) time.Time { return time.Unix(0, 0).Add(time.Duration(s * float64(time.Second))) }
	log := []line{
		{Time: at(1), Msg: "session up", LNS: "lns1"},
		{Time: at(1.5), Msg: "session up", LNS: "lns1"},
		{Time: at(10), Msg: "tunnel down", LNS: "lns1"},
		{Time: at(10.5), Msg: "session up", LNS: "lns2"},
		{Time: at(12), Msg: "session up", LNS: "lns2"},
		{Time: at(13), Msg: "tunnel down", LNS: "lns1"},
		{Time: at(14), Msg: "session up", LNS: "lns2"},
	}
	f, err := readFailover(log, at(4), 2)
	if err != nil || f.detection != 6 || f.recovery != 2 {
		t.Errorf("got %+v, %v", f, err)
	}
	if _, err := readFailover(log[:4], at(4), 2); err == nil {
		t.Error("half of them are enough")
	}
	if _, err := readFailover(log[:2], at(4), 2); err == nil {
		t.Error("a tunnel that stays up is enough")
	}
}
