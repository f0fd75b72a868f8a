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
