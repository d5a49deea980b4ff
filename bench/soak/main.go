// Command soak works with a server for a while as a district does, at a pace that does not
// hurry, watches what server and database hold meanwhile, and says whether anything
// grows. bench/soak.sh starts what it needs.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"steelyard/bench/plot"
	"steelyard/store"
)

type settings struct {
	url, db, official, hr, auditor string
	lasts, every                   time.Duration
	pace                           float64
	tsv, svg, again, brief         string
}

func main() {
	var s settings
	flag.StringVar(&s.url, "url", "", "where the server is")
	flag.StringVar(&s.db, "db", "", "its database, as its owner: sqlite:PATH or postgres://…")
	flag.StringVar(&s.official, "official", "", "token of the official G001")
	flag.StringVar(&s.hr, "hr", "", "token of an HR officer of the whole")
	flag.StringVar(&s.auditor, "auditor", "", "token of an auditor of the whole")
	flag.DurationVar(&s.lasts, "for", 30*time.Minute, "how long")
	flag.DurationVar(&s.every, "every", 5*time.Second, "how often is looked")
	flag.Float64Var(&s.pace, "pace", 10, "how many begin something each second")
	flag.StringVar(&s.tsv, "tsv", "soak.tsv", "where the samples go")
	flag.StringVar(&s.svg, "svg", "soak.svg", "where the picture goes")
	flag.StringVar(&s.again, "again", "", "a table of samples to be judged and drawn again, in place of all else")
	flag.StringVar(&s.brief, "brief", "", "only work, for so long, and print one line of this name: nothing is watched or judged but whether answers are right")
	flag.Parse()
	flat, err := s.command(context.Background(), os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(2)
	}
	if !flat {
		os.Exit(1)
	}
}

func (s *settings) command(ctx context.Context, out io.Writer) (flat bool, err error) {
	if s.again == "" {
		return s.run(ctx, out)
	}
	file, err := os.Open(s.again)
	if err != nil {
		return false, err
	}
	samples, err := readTable(file)
	if err = errors.Join(err, file.Close()); err != nil {
		return false, err
	}
	if len(samples) > 0 {
		s.lasts = time.Duration(samples[len(samples)-1][minutes] * float64(time.Minute)).Round(time.Minute)
	}
	return s.tell(samples, out)
}

// run works, watches and judges; flat is false where something grows or failed.
func (s *settings) run(ctx context.Context, out io.Writer) (flat bool, err error) {
	st, err := store.Open(ctx, s.db, store.Options{System: true, Connections: 2})
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	town, err := newTown(ctx, s, st)
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.lasts)
	defer cancel()
	if s.brief != "" {
		town.live(ctx)
		return town.line(out)
	}
	worked := make(chan struct{})
	go func() {
		defer close(worked)
		town.live(ctx)
	}()
	samples, err := s.watch(ctx, town, st)
	<-worked
	if err != nil {
		return false, err
	}
	if err := s.keep(samples); err != nil {
		return false, err
	}
	fmt.Fprintf(out, "%d answers in %s, %d sent away, %d wrong\n", town.answered.Load(), s.lasts, town.away.Load(), town.wrong.Load())
	for _, wrong := range town.first() {
		fmt.Fprintln(out, "wrong:", wrong)
	}
	flat, err = s.tell(samples, out)
	return flat && town.answered.Load() > 0 && town.wrong.Load() == 0, err
}

// tell judges samples, says so and draws them.
func (s *settings) tell(samples []sample, out io.Writer) (flat bool, err error) {
	verdicts := judge(samples)
	flat = len(verdicts) > 0
	fmt.Fprintln(out, "| | at a third | at the end | may grow by | |\n|---|---:|---:|---:|---|")
	for _, v := range verdicts {
		fmt.Fprintln(out, v.line())
		flat = flat && v.holds()
	}
	return flat, s.draw(samples, verdicts)
}

// watch looks every few seconds, until the time is over.
func (s *settings) watch(ctx context.Context, town *town, st *store.Store) ([]sample, error) {
	look := &looker{st: st, url: s.url, path: s.db, rates: town}
	var all []sample
	begun, turn := time.Now(), time.NewTicker(s.every)
	defer turn.Stop()
	for {
		select {
		case <-ctx.Done():
			return all, nil
		case <-turn.C:
		}
		one, err := look.now(ctx)
		if ctx.Err() != nil {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		one[minutes] = time.Since(begun).Minutes()
		all = append(all, one)
	}
}

// keep writes the samples as a table.
func (s *settings) keep(samples []sample) error {
	return write(s.tsv, func(w io.Writer) error { return table(w, samples) })
}

func (s *settings) draw(samples []sample, verdicts []verdict) error {
	m := &plot.Multiples{Title: fmt.Sprintf("%s under a steady load, for %.3g minutes", database(s.db), s.lasts.Minutes()), XTitle: "minutes", X: column(samples, minutes)}
	for _, p := range pictures {
		panel := plot.Panel{Title: p.title}
		for _, l := range p.lines {
			panel.Series = append(panel.Series, plot.Series{Name: l.name, Y: column(samples, l.of)})
			judged := l.of
			if judged == size {
				judged = perRow // it grows with what is kept
			}
			panel.Note = note(panel.Note, verdicts, judged)
		}
		m.Panels = append(m.Panels, panel)
	}
	return write(s.svg, m.Write)
}

func database(url string) string {
	if len(url) > 7 && url[:7] == "sqlite:" {
		return "Steelyard on SQLite"
	}
	return "Steelyard on PostgreSQL"
}

func write(name string, fill func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(fill(file), file.Close())
}
