package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"lacd/lac"
	"lacd/policy/file"
	"lacd/pppoe"
)

func TestTagging(t *testing.T) {
	a := file.Access{Untagged: true, VLANs: []file.VLANs{
		{TPID: 0x88a8, Outer: file.IDs{First: 100, Last: 199}, Inner: file.IDs{First: 2, Last: 4094}},
		{TPID: 0x8100, Outer: file.IDs{First: 7, Last: 7}},
	}}
	want := []pppoe.Tagging{
		{},
		{TPID: 0x88a8, Outer: pppoe.Range{First: 100, Last: 199}, Inner: pppoe.Range{First: 2, Last: 4094}},
		{TPID: 0x8100, Outer: pppoe.Range{First: 7, Last: 7}},
	}
	if diff := cmp.Diff(want, tagging(&a)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	a.Untagged = false
	if diff := cmp.Diff(want[1:], tagging(&a)); diff != "" {
		t.Errorf("without untagged (-want +got):\n%s", diff)
	}
}

func TestDuplicate(t *testing.T) {
	for word, want := range map[string]lac.Duplicate{
		"allow": lac.AllowDuplicates, "refuse": lac.RefuseDuplicates, "replace": lac.ReplaceDuplicates,
	} {
		if got := duplicate(word); got != want {
			t.Errorf("%s: got %v, want %v", word, got, want)
		}
	}
}
