// Portverdict reads what a customer sent and says whether Windows ran out of
// ephemeral ports, when, who held them and who was hurt.
package main

import (
	"context"
	"io"
	"os"
	"runtime/debug"
	_ "time/tzdata" // zones are known on machines that have none

	"github.com/inconshreveable/mousetrap"
	"github.com/spf13/cobra"
)

func main() {
	silenceLibrary()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(75) // a tenth less memory, and no time that could be measured
	}
	cobra.MousetrapHelpText = "" // which would refuse to run from an icon
	program := func() int {
		return guarded(func(ctx context.Context, stdin io.Reader) int {
			return run(ctx, os.Args[1:], stdin, os.Stdout, os.Stderr)
		})
	}
	if mousetrap.StartedByExplorer() {
		os.Exit(fromIcon(program, os.Stdin, os.Stdout))
	}
	os.Exit(program())
}
