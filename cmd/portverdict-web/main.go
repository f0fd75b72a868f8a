//go:build !js

// Portverdict-web is the analysis as a page: one HTML file that is opened in a browser,
// reads what is dropped on it in the tab, and sends nothing anywhere.
//
// The package is two programs. Built for js/wasm it is the analysis inside the page. On
// any other system it is the builder, which compiles the first and writes the page:
//
//	go run ./cmd/portverdict-web -o dist/portverdict.html
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

// maxPage is the most bytes the file with the page may have.
const maxPage = 6_000_000

// limits are what the page says of itself. The figures are measured; docs/web-page.md has
// the tables.
var limits = []string{
	"It reads about 40 MB of a trace in a second where the command line reads ten to twenty times as much. Traces up to 1.1 GB were tried; they took half a minute and 260 MB of memory.",
	"What archives unpack to is held in memory, so no more than 512 MB of it is taken. Unpack a larger archive and drop the folder: files that are not packed need no memory of their size.",
	"Of a dropped folder Chromium leaves out files whose names Windows cannot have (with : < > or control characters) and shortcuts. The button for a folder takes them.",
	"Regression cases, packets as pcapng, single events, scripts and exit codes are the command line’s.",
	"Tested in Chromium 156 and Firefox ESR 153 on Linux. Edge and Safari were not tested. A company’s policy may forbid WebAssembly or local pages; the page then says so or stays empty.",
}

func main() {
	out := flag.String("o", "portverdict.html", "the `FILE` to write")
	flag.Parse()
	if err := write(*out); err != nil {
		fmt.Fprintln(os.Stderr, "portverdict-web:", err)
		os.Exit(1)
	}
}

func write(name string) error {
	page, err := build()
	if err != nil {
		return err
	}
	if len(page) > maxPage {
		return fmt.Errorf("the page has %d bytes, more than the %d it may have", len(page), maxPage)
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	if err := os.WriteFile(name, page, 0o644); err != nil {
		return err
	}
	fmt.Printf("%s: %d bytes, limit %d\n", name, len(page), maxPage)
	return nil
}
