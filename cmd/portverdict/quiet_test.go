package main

import (
	"bytes"
	"testing"
)

func TestQuietLog(t *testing.T) {
	var b bytes.Buffer
	q := quietLog{&b}
	for _, s := range []string{"PANIC - bad\n goroutine 7 [running]:\ngithub.com/0xrawsec/golang-evtx/evtx.Parse(...)\n", "http: server closed\n"} {
		if n, err := q.Write([]byte(s)); n != len(s) || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}
	if got := b.String(); got != "http: server closed\n" {
		t.Errorf("got %q", got)
	}
}
