package main

import "testing"

func TestParseBench(t *testing.T) {
	all, err := parseBench(`goos: linux
pkg: lacd/kernel/xdp
BenchmarkForward/up/sessions=1/tags=2/octets=64-2         	       5	        72.45 bare-ns/pkt	       104.4 ns/pkt	         1.441 x-bare
    bench_test.go:1: BenchmarkForward says something
BenchmarkOther 	 100	 1.5 ns/op
PASS
`)
	if err != nil || len(all) != 2 {
		t.Fatalf("got %+v, %v", all, err)
	}
	r := all[0]
	if r.name != "Forward/up/sessions=1/tags=2/octets=64" || r.runs != 5 || r.of["x-bare"] != 1.441 || r.of["ns/pkt"] != 104.4 {
		t.Errorf("got %+v", r)
	}
	if r.part("sessions") != "1" || r.part("octets") != "64" || r.part("tag") != "" {
		t.Errorf("parts %q %q %q", r.part("sessions"), r.part("octets"), r.part("tag"))
	}
	if _, err := parseBench("BenchmarkX 1 x ns/op\n"); err == nil {
		t.Error("no error")
	}
}
