package simulate

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// WritePlots writes the report's plots into a folder, which it makes where it is
// missing: shares.svg ([Report.PlotShares]), slopes.svg ([Report.PlotSlopes]) and
// intervals.svg ([Report.PlotIntervals]). It returns the files' paths.
func (r *Report) WritePlots(dir string) ([]string, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("write plots: %w", err)
	}
	var paths []string
	for _, plot := range []struct {
		name string
		draw func(io.Writer) error
	}{{"shares.svg", r.PlotShares}, {"slopes.svg", r.PlotSlopes}, {"intervals.svg", r.PlotIntervals}} {
		path := filepath.Join(dir, plot.name)
		if err := writeFile(path, plot.draw); err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

func writeFile(path string, draw func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write plots: %w", err)
	}
	if err := draw(f); err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Join(err, f.Close()))
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
