//go:build !windows || !cgo

package watch

import (
	"fmt"
	"runtime"
)

// This says why this machine cannot be watched.
func This() (*Machine, error) {
	what := runtime.GOOS + "/" + runtime.GOARCH
	if runtime.GOOS == "windows" {
		what += " without cgo"
	}
	return nil, fmt.Errorf("watch needs Windows, an elevated prompt and a build with cgo; this is %s. What was saved on the machine can be analysed anywhere: portverdict analyze PATH", what)
}
