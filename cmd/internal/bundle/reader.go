//go:build !js

package bundle

import (
	"io"
	"os"
)

func readerOf(f *os.File) io.ReaderAt { return f }
