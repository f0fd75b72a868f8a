package redact

import (
	"regexp"
	"sync"
)

// pattern compiles a regular expression when it is first asked: most runs need few.
func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
