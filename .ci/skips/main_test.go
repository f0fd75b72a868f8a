package main

import (
	"strings"
	"testing"
)

func TestTell(t *testing.T) {
	const ok = `{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}` + "\n" + `{"Action":"pass","Package":"p"}` + "\n"
	skipped := func(why string) string {
		return `{"Action":"output","Package":"p","Test":"T","Output":"` + why + `\n"}` + "\n" + `{"Action":"skip","Package":"p","Test":"T"}` + "\n" + ok
	}
	for _, c := range []struct{ in, printed, wrong string }{
		{ok, "ok  \tp\t0.1s\n", ""},
		{skipped("samples not present: ../shared"), "ok  \tp\t0.1s\n", ""},
		{skipped("tshark not present"), "skipped, and must not be: p T\ntshark not present\nok  \tp\t0.1s\n", "0 failed, 1 skipped that must not be"},
		{`{"Action":"output","Package":"p","Test":"T","Output":"wrong\n"}` + "\n" + `{"Action":"fail","Package":"p","Test":"T"}` + "\n" + ok, "wrong\nok  \tp\t0.1s\n", "1 failed, 0 skipped that must not be"},
		{"go: no such module\n", "go: no such module\n", "no package was tested"},
	} {
		var out strings.Builder
		err := tell(strings.NewReader(c.in), &out)
		if got := out.String(); got != c.printed || (err == nil) != (c.wrong == "") || err != nil && err.Error() != c.wrong {
			t.Errorf("%q, %v", got, err)
		}
	}
}
