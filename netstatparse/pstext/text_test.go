package pstext

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Lines come without what is around them; what was taken off can be had again.
func TestText(t *testing.T) {
	const text = "> PS C:\\> Get-Process\n> \x1b[32;1mId\x1b[0m\n> netsh int ipv4 show dynamicport tcp\nSRV01>netstat -ano\n2026-03-10T09:00:00Z a\n12:b\n| x | y |\n|---|---|\n  RpcSs\n TCP    1.2.3.4:5   *:*\n"
	var got []string
	in := NewText(strings.NewReader(text), nil)
	for in.Scan() {
		line := fmt.Sprintf("%d %q", in.Line(), in.Text())
		if command, ok := in.Prompt(); ok {
			line += " prompt " + command
		}
		if s := in.Timed(); s != in.Text() {
			line += " timed " + s
		}
		if s := in.Counted(); s != in.Text() {
			line += " counted " + s
		}
		if in.Component() {
			line += " component"
		}
		if in.NetstatRow() {
			line += " row"
		}
		got = append(got, line)
	}
	want := []string{
		`1 "PS C:\\> Get-Process" prompt Get-Process`, `2 "Id"`, `3 "netsh int ipv4 show dynamicport tcp" prompt netsh int ipv4 show dynamicport tcp`,
		`4 "SRV01>netstat -ano" prompt netstat -ano`, `5 "a" timed 2026-03-10T09:00:00Z a`, `6 "b" counted 12:b`, `7 "x\ty"`, `9 "  RpcSs" component`,
		`10 " TCP    1.2.3.4:5   *:*" row`,
	}
	if !cmp.Equal(got, want) || in.Err() != nil || in.IsJSON() || !in.Terminated() || !in.Complete() {
		t.Errorf("%v %s", in.Err(), cmp.Diff(want, got))
	}
}

// Of JSON that a text begins with there are the objects, and the lines within its strings.
func TestTextOfJSON(t *testing.T) {
	var objects, got []string
	in := NewText(strings.NewReader("{\"rc\": 0,\n \"stdout\": \"a\\r\\nb\"}\nc\n"), func(o *Object) { objects = append(objects, brief(o)) })
	for in.Scan() {
		raw, first := in.RawLine()
		got = append(got, fmt.Sprintf("%d %s %v %q %v", in.Line(), in.Text(), in.Inside(), raw, first))
	}
	want := []string{`2 a true " \"stdout\": \"a\\r\\nb\"}" true`, `2 b true "" false`, `3 c false "c" true`}
	if !cmp.Equal(got, want) || len(objects) != 1 || !in.IsJSON() || !in.Complete() {
		t.Errorf("objects %q %s", objects, cmp.Diff(want, got))
	}
}
