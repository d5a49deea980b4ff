// Command deploy checks the files of a folder by what reads them in earnest: the
// Dockerfile by BuildKit's parser and rules, compose.yaml by Compose's loader, alert rules
// and the dashboard's queries by Prometheus.
//
//	deploy FOLDER
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	promql "github.com/prometheus/prometheus/promql/parser"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: deploy FOLDER")
		os.Exit(2)
	}
	in := func(name string) string { return filepath.Join(os.Args[1], name) }
	err := errors.Join(
		dockerfile(in("Dockerfile")),
		compose(in("compose.yaml")),
		alerts(in("prometheus/alerts.yaml")),
		dashboard(in("grafana/steelyard.json")),
	)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// dockerfile wants a Dockerfile that BuildKit reads without a warning.
func dockerfile(path string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	read, err := parser.Parse(bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	var faults []error
	for _, w := range read.Warnings {
		faults = append(faults, fmt.Errorf("%s: %s", path, w.Short))
	}
	rules := linter.New(&linter.Config{Warn: func(rule, _, _, text string, at []parser.Range) {
		line := 0
		if len(at) > 0 {
			line = at[0].Start.Line
		}
		faults = append(faults, fmt.Errorf("%s:%d: %s: %s", path, line, rule, text))
	}})
	if _, _, err := instructions.Parse(read.AST, rules); err != nil {
		faults = append(faults, fmt.Errorf("%s: %w", path, err))
	}
	return errors.Join(faults...)
}

// compose wants a file that Compose loads, all references in it resolved.
func compose(path string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	project, err := loader.LoadWithContext(context.Background(), types.ConfigDetails{
		WorkingDir:  filepath.Dir(path),
		ConfigFiles: []types.ConfigFile{{Filename: path, Content: raw}},
		Environment: types.Mapping{"STEELYARD_PUBLIC_URL": "https://pingjia.example"},
	})
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if len(project.Services) == 0 {
		return fmt.Errorf("%s: it has no service", path)
	}
	return nil
}

// alerts wants rules that Prometheus takes.
func alerts(path string) error {
	_, faults := rulefmt.ParseFile(path, false, model.UTF8Validation, promql.NewParser(promql.Options{}), slog.New(slog.DiscardHandler))
	return errors.Join(faults...)
}

// dashboard wants queries that Prometheus can run; Grafana puts an interval in the place of
// its variable.
func dashboard(path string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(raw, &board); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	var faults []error
	queries := 0
	for _, panel := range board.Panels {
		for _, target := range panel.Targets {
			queries++
			if _, err := promql.NewParser(promql.Options{}).ParseExpr(strings.ReplaceAll(target.Expr, "$__rate_interval", "5m")); err != nil {
				faults = append(faults, fmt.Errorf("%s: %s: %w", path, panel.Title, err))
			}
		}
	}
	if queries == 0 {
		faults = append(faults, fmt.Errorf("%s: no query was found", path))
	}
	return errors.Join(faults...)
}
