package evtx

import (
	"io"
	"log"
	"os"
	"testing"
)

// golang-evtx reports damage with stacks through the global logger.
func TestMain(m *testing.M) {
	log.SetOutput(io.Discard)
	os.Exit(m.Run())
}
