//go:build !js

package main

import (
	"fmt"
	"strings"
	"testing"
)

// What Go says when there is no room left is what the file system holds.
func TestLimitsAgree(t *testing.T) {
	if want := fmt.Sprintf("maxUnpacked = %d;", maxUnpacked); !strings.Contains(diskJS, want) {
		t.Errorf("disk.js does not have %q", want)
	}
}

// The page shows reports in a frame that inherits its policy, so it must allow what they
// allow, and nothing else but its own.
func TestPolicyAllowsTheReport(t *testing.T) {
	text, err := policy()
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for part := range strings.SplitSeq(text, "; ") {
		name, sources, _ := strings.Cut(part, " ")
		count[name] = strings.Count(sources, "'sha256-")
		if strings.Contains(sources, "unsafe-inline") || strings.Contains(sources, "http") || strings.Contains(sources, "*") {
			t.Errorf("the policy allows %s", part)
		}
	}
	if count["script-src"] != 2 || count["style-src"] != 3 {
		t.Errorf("hashes: %v, want those of 2 scripts and 3 styles", count)
	}
	for _, want := range []string{"default-src 'none'", "connect-src 'none'", "form-action 'none'", "base-uri 'none'"} {
		if !strings.Contains(text, want) {
			t.Errorf("the policy lacks %s", want)
		}
	}
}

// The signs that are no digits are those of the page, and what is written is what was
// worked out by hand.
func TestBase85(t *testing.T) {
	if quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(notDigits); !strings.Contains(pageJS, `!"`+quoted+`".includes`) {
		t.Errorf("page.js does not have the signs %s", quoted)
	}
	for in, want := range map[string]string{
		"": "", "\x00": "!!", "\x00\x00\x00\x00": "!!!!!", "\x00\x00\x00\x55": "!!!#!", "\xff\xff\xff\xff": "z;]0!",
	} {
		if got := base85([]byte(in)); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}
