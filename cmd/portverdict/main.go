// Portverdict reads what a customer sent and says whether Windows ran out of
// ephemeral ports, when, who held them and who was hurt.
package main

import (
	"context"
	"io"
	"os"
	_ "time/tzdata" // zones are known on machines that have none
)

func main() {
	silenceLibrary()
	os.Exit(guarded(func(ctx context.Context, stdin io.Reader) int {
		return run(ctx, os.Args[1:], stdin, os.Stdout, os.Stderr)
	}))
}
