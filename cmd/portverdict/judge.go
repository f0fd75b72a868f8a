package main

import (
	"context"
	"errors"

	"portverdict/cmd/internal/analysis"
	"portverdict/cmd/internal/bundle"
)

// judge reads all inputs and closes the bundle. facts are added to every source. With an
// error that says that nothing was usable the report is given too, for its diagnostics.
func (s *settings) judge(ctx context.Context, b *bundle.Bundle, facts map[string]string) (*analysis.Result, error) {
	j, err := analysis.Run(ctx, b, s.analysis(facts))
	if err != nil {
		return nil, ours(err)
	}
	if !j.Usable {
		return j, failed("nothing here can show port exhaustion: give a netsh trace (.etl), the System log (.evtx) or a netstat text")
	}
	return j, nil
}

// analysis are the settings that bear on the report.
func (s *settings) analysis(facts map[string]string) analysis.Options {
	o := analysis.Options{
		Zone: s.zone, Window: s.window, Offsets: s.offsets, Ranges: s.ranges, Host: s.host, Evidence: s.evidence, Jobs: s.jobs, Facts: facts,
	}
	if len(s.described) > 0 {
		o.Catalog = s.described.catalog
	}
	if s.progress != nil {
		o.Watch = s.progress.work.Reads
	}
	return o
}

// ours makes an error of another room one of the program's; an interruption stays one.
func ours(err error) error {
	var exit *exitError
	if err == nil || errors.As(err, &exit) || errors.Is(err, context.Canceled) {
		return err
	}
	return failed("%v", cause(err))
}
