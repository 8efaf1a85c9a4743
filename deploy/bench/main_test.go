package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	var b bytes.Buffer
	o, err := parse([]string{"-group", "3", "-quick", "-json", "x", "-update", "y"}, &b)
	if err != nil || *o != (options{group: 3, quick: true, json: "x", update: "y"}) {
		t.Errorf("got %+v, %v", o, err)
	}
	for _, args := range [][]string{{"-group", "6"}, {"-group", "-1"}, {"x"}, {"-x"}} {
		if _, err := parse(args, &b); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}

func TestUsageText(t *testing.T) {
	var out, errs bytes.Buffer
	if code := entry(t.Context(), []string{"-help"}, &out, &errs); code != 0 || !strings.Contains(errs.String(), "-quick") {
		t.Errorf("exit status %d: %s", code, &errs)
	}
	if code := entry(t.Context(), []string{"-group", "9"}, &out, &errs); code != 2 {
		t.Errorf("exit status %d", code)
	}
}
