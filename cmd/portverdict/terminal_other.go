//go:build !windows

package main

import "os"

// obeys tells whether a terminal does as sequences of colour and movement say.
func obeys(*os.File) bool { return true }
