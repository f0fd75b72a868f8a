package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
)

// Of three events one has a name only, and one is of a provider that nobody knows.
const unknownEvents = "-- trace --\nheader cpus=1\nbuffer cpu=0 seq=1\n" +
	"  event64 provider=e53c6823-7bb8-44bb-90dc-3f86090d48a6 id=1029 version=9 time=+10 pid=1 tid=2 payload=u32:0\n" +
	"  event64 provider=00000001-0000-0000-0000-000000000000 id=7 time=+20 activity=00000002-0000-0000-0000-000000000000 payload=aabb\n"

func TestWhatIsNotKnownIsCounted(t *testing.T) {
	name := filepath.Join(t.TempDir(), "odd.etl")
	writeTrace(t, name, unknownEvents)
	said := func(args ...string) string {
		var stdout, stderr bytes.Buffer
		if code := run(context.Background(), args, nil, &stdout, &stderr); code != exitOK {
			t.Fatalf("%v: exit code %d: %s", args, code, &stderr)
		}
		return stdout.String() + stderr.String()
	}
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"info", name}, []string{"of 3 events 66.6 % have a name, 33.3 % have fields", "1   id 1029 v9 AfdBind\n", "1   id 7 v0\n"}},
		{[]string{"info", name, "--format", "json"}, []string{`"known": {`, `"events": 3,`, `"named": 2,`, `"with_fields": 1`}},
		{[]string{"events", name}, []string{
			"AfdBind(1029) payload=00000000\n", "(7) ActivityID=00000002-0000-0000-0000-000000000000 payload=aabb\n",
			"odd.etl: of 3 events the fields of 2 are not known, their payload is in hex; 1 have no known name",
		}},
		{[]string{"events", name, "--filter", "*.ActivityID == 00000002-0000-0000-0000-000000000000"}, []string{"of 1 events the fields of 1 are not known"}},
		{[]string{"events", name, "--id", "1029"}, []string{"of 1 events the fields of 1 are not known, their payload is in hex\n"}},
	} {
		got := said(c.args...)
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%v has no %q:\n%s", c.args, want, got)
			}
		}
	}
}
