package main

import "testing"

func TestVisible(t *testing.T) {
	if got := visible("a\x1b[31m\u202egnp\nb"); got != "a\\u{1B}[31m\\u{202E}gnp\nb" {
		t.Errorf("%q", got)
	}
}
