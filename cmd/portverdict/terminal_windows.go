package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// obeys switches a console to sequences of colour and movement, which it shows as text
// otherwise. It tells whether it does.
func obeys(console *os.File) bool {
	h := windows.Handle(console.Fd())
	var mode uint32
	if err := windows.GetConsoleMode(h, &mode); err != nil {
		return false
	}
	return mode&windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING != 0 || windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
