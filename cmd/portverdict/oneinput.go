package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"portverdict/cmd/internal/bundle"
)

// oneInput gives the one file of some kinds that a PATH stands for: a file, one in an
// archive (logs.zip!/inner.cab!/report.etl), or the only one of an archive or folder.
// what names the kinds, for a message. The caller closes the bundle.
func oneInput(ctx context.Context, path, what string, outputs []string, stderr io.Writer, kinds ...string) (*bundle.Bundle, bundle.Input, error) {
	b, err := bundle.Load(ctx, []string{path}, bundle.Options{Jobs: 1, Outputs: outputs})
	switch {
	case errors.Is(err, bundle.ErrOutputIsInput):
		return nil, bundle.Input{}, usage("%v", err)
	case err != nil:
		return nil, bundle.Input{}, failed("%v", err)
	}
	inputs := slices.DeleteFunc(slices.Clone(b.Inputs), func(in bundle.Input) bool { return !slices.Contains(kinds, in.Kind) })
	if len(inputs) == 1 {
		warn(stderr, b.Diagnostics)
		return b, inputs[0], nil
	}
	warn(stderr, b.Diagnostics)
	(&settings{}).tellLeft(stderr, b.Close())
	if len(inputs) == 0 {
		return nil, bundle.Input{}, failed("%s is not %s", path, what)
	}
	var names []string
	for _, in := range inputs[:min(len(inputs), 5)] {
		names = append(names, in.Path)
	}
	return nil, bundle.Input{}, usage("%s has %d files that could be meant (%s); give one, as %s!/%s", path, len(inputs), strings.Join(names, ", "), path, names[0])
}

// insideOf gives what an address in an archive stands for when that is one file, nil for
// anything else.
func insideOf(ctx context.Context, path string, most int64) ([]byte, error) {
	if _, _, ok := bundle.Split(path); !ok {
		return nil, nil
	}
	b, err := bundle.Load(ctx, []string{path}, bundle.Options{Jobs: 1})
	if err != nil {
		return nil, err
	}
	defer func() { _ = b.Close() }()
	if len(b.Inputs) != 1 || strings.Contains(b.Inputs[0].Path, "/") {
		return nil, nil
	}
	if b.Inputs[0].Size > most {
		return nil, fmt.Errorf("it is larger than %d bytes", most)
	}
	return b.Inputs[0].Head(most)
}
