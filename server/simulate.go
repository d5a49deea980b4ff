package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"steelyard/scoring/simulate"
)

type simulateCmd struct {
	Worlds    []string `placeholder:"NAME" help:"Only these worlds. Default: all."`
	Seeds     int      `default:"20" help:"How many times each world is drawn."`
	FirstSeed uint64   `default:"1" help:"Where the seeds start."`
	Policy    string   `type:"existingfile" placeholder:"FILE.json" help:"Weights and rules; what the file leaves out takes the default."`
	Out       string   `type:"path" placeholder:"DIR" help:"Write the plots into this folder, as SVG."`
	Check     bool     `help:"End with 1 where a bar is not reached."`
}

// Help is the longer text of --help.
func (simulateCmd) Help() string {
	lines := "Officials of known quality and visibility do their work in worlds full of traps; the table says how well each " +
		"method finds the quality again. No database is touched. All worlds with 20 seeds take some minutes. The worlds:"
	for _, w := range simulate.Worlds() {
		lines += fmt.Sprintf("\n  %s: %s", w.Name, w.Title)
	}
	return lines
}

func (c *simulateCmd) Run(s *session) error {
	worlds, err := pickWorlds(c.Worlds)
	if err != nil {
		return err
	}
	if c.Seeds < 1 {
		return errors.New("--seeds must be at least 1")
	}
	policy, err := readPolicy(c.Policy)
	if err != nil {
		return err
	}
	g := newGauge(s.stderr)
	defer g.end()
	result, err := simulate.Run(s.ctx, simulate.Options{
		Worlds: worlds, Seeds: simulate.Seeds(c.FirstSeed, c.Seeds), Policy: policy,
		Progress: func(done, total int) { g.steps("worlds", done, total) },
	})
	if err != nil {
		return err
	}
	g.end()
	if err := result.WriteText(s.stdout); err != nil {
		return err
	}
	if c.Out != "" {
		if err := plot(c.Out, result); err != nil {
			return err
		}
	}
	if missed := len(result.Missed()); c.Check && missed > 0 {
		return fmt.Errorf("%d bars are not reached", missed)
	}
	return nil
}

// pickWorlds returns the worlds of these names; all where there are none.
func pickWorlds(names []string) ([]simulate.World, error) {
	all := simulate.Worlds()
	if len(names) == 0 {
		return all, nil
	}
	var picked []simulate.World
	for _, name := range names {
		i := slices.IndexFunc(all, func(w simulate.World) bool { return w.Name == name })
		if i < 0 {
			known := make([]string, len(all))
			for i, w := range all {
				known[i] = w.Name
			}
			return nil, fmt.Errorf("there is no world %q; there are %s", name, strings.Join(known, ", "))
		}
		picked = append(picked, all[i])
	}
	return picked, nil
}

// plot writes the three plots.
func plot(folder string, r *simulate.Report) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("make the folder for plots: %w", err)
	}
	for _, p := range []struct {
		name string
		draw func(io.Writer) error
	}{
		{"shares.svg", r.PlotShares}, {"slopes.svg", r.PlotSlopes}, {"intervals.svg", r.PlotIntervals},
	} {
		if err := replaceFile(filepath.Join(folder, p.name), p.draw); err != nil {
			return err
		}
	}
	return nil
}
