package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"portverdict/cmd/internal/bundle"
	"portverdict/cmd/internal/synth"
)

func newSynth() *cobra.Command {
	var dir string
	var seed uint64
	cmd := &cobra.Command{
		Use:   "synth RECIPE.yaml -o DIR",
		Short: "Write a synthetic bundle from a recipe",
		Long: `Simulates the host that the recipe describes and writes what it would have left
behind: DIR/bundle (trace, System log, netstat and other texts) and DIR/truth.json,
which says what happened and what the files tell of it. The same recipe and seed
give the same bytes. Nothing of it is captured.`,
		Example: `  portverdict synth recipe.yaml -o leak
  portverdict analyze leak/bundle --tz UTC`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if dir == "" {
				return usage("give the folder to write with -o DIR")
			}
			var given *uint64
			if cmd.Flags().Changed("seed") {
				given = &seed
			}
			truth, err := synthesize(cmd.Context(), args[0], dir, given)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %s, since %s\n", visible(filepath.ToSlash(dir)), truth.Outcome, truth.Because)
			return written(err)
		},
	}
	cmd.Flags().StringVarP(&dir, "output", "o", "", "the folder `DIR` to write; its bundle must not be there yet")
	cmd.Flags().Uint64Var(&seed, "seed", 0, "the seed `N` of the random choices, in place of the recipe's")
	return cmd
}

// synthesize runs a recipe file; a seed that is given replaces the recipe's.
func synthesize(ctx context.Context, name, dir string, seed *uint64) (*synth.Truth, error) {
	f, err := bundle.Open(name)
	if err != nil {
		return nil, failed("cannot read %s: %v", name, cause(err))
	}
	defer f.Close()
	r, err := synth.Read(f)
	if err != nil {
		return nil, failed("%s: %v", name, err)
	}
	if seed != nil {
		r.Seed = *seed
	}
	truth, err := r.Write(ctx, dir)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, failed("%s: %v", name, err)
	}
	return truth, nil
}
