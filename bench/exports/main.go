// Command exports measures how long an export keeps its reader waiting and how much
// memory it takes: fill writes officials with results straight into the tables, measure
// writes one report of them. bench/exports.sh puts the two together.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"steelyard/auth"
	"steelyard/messages"
	"steelyard/models"
	"steelyard/privacy"
	"steelyard/services/assessments"
	"steelyard/store"
)

func main() {
	if err := command(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string, out io.Writer) (err error) {
	if len(args) == 0 || args[0] != "fill" && args[0] != "measure" {
		return errors.New("usage: exports fill|measure [flags]")
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	db := flags.String("db", "", "sqlite:PATH or postgres://USER@HOST/NAME")
	officials := flags.Int("officials", 1_000, "fill: officials")
	format := flags.String("format", "CSV", "measure: CSV or XLSX")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	st, err := store.Open(ctx, *db, store.Options{System: true, Bulk: args[0] == "fill"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if args[0] == "fill" {
		return fill(ctx, st, *officials)
	}
	return measure(ctx, st, models.ReportFormat(*format), out)
}

// first notes when the first byte came, and how many there were.
type first struct {
	begun time.Time
	after time.Duration
	bytes int64
}

func (f *first) Write(p []byte) (int, error) {
	if f.bytes == 0 {
		f.after = time.Since(f.begun)
	}
	f.bytes += int64(len(p))
	return len(p), nil
}

// measure writes the report of the one cycle there is, as an HR officer of the whole.
func measure(ctx context.Context, st *store.Store, format models.ReportFormat, out io.Writer) error {
	cycle, err := store.Take[models.Cycle](st.Read(ctx), "Cycle")
	if err != nil {
		return err
	}
	service := &assessments.Service{Store: st, Zone: time.UTC, Thresholds: privacy.Default()}
	actor := auth.Actor{Subject: "bench", Role: models.RoleHR, UnitID: &cycle.UnitID}
	before, w := peak(), &first{begun: time.Now()}
	if err := service.Export(ctx, actor, models.ReportFilter{CycleID: cycle.ID}, format, messages.English, w); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "first %.0f\nwhole %.2f\nbytes %.1f\npeak %.0f\nbefore %.0f\n",
		float64(w.after.Microseconds())/1000, time.Since(w.begun).Seconds(), float64(w.bytes)/(1<<20), peak(), before)
	return err
}

// peak is the most memory that the process has held, in MiB; 0 where the system does not
// say.
func peak() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	kb := 0.0
	for lines := bufio.NewScanner(strings.NewReader(string(status))); lines.Scan(); {
		if rest, found := strings.CutPrefix(lines.Text(), "VmHWM:"); found {
			if _, err := fmt.Sscan(rest, &kb); err != nil {
				return 0
			}
		}
	}
	return kb / 1024
}
