package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"time"

	"steelyard/auth"
	"steelyard/auth/keyring"
	"steelyard/models"
	"steelyard/privacy"
	"steelyard/services/accounts"
	"steelyard/services/assessments"
	"steelyard/services/cycles"
	"steelyard/store"
)

const (
	zoneName = "Asia/Shanghai"
	rootUnit = "CITY"
)

// bare is what a run is measured against.
const bare = "SELECT official_id, count(*), avg(level) FROM ratings GROUP BY official_id"

// measure times the bare query, on floor, and the whole run in one process, and prints a
// line for each figure.
func measure(ctx context.Context, st, floor *store.Store, keys *keyring.Keyring, profile string, out io.Writer) error {
	query, err := timeBare(ctx, floor)
	if err != nil {
		return err
	}
	whole, stages, err := timeRun(ctx, st, keys, profile)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, "bare %.3f\nrun %.3f\nratio %.1f\npeak %d\n", query.Seconds(), whole.Seconds(), whole.Seconds()/query.Seconds(), peak()); err != nil {
		return err
	}
	for _, s := range stages {
		if _, err := fmt.Fprintf(out, "stage %s %.3f\n", s.name, s.took.Seconds()); err != nil {
			return err
		}
	}
	return nil
}

// timeBare is the best of three, after one that fetches what the disk has.
func timeBare(ctx context.Context, st *store.Store) (time.Duration, error) {
	best := time.Duration(0)
	for n := range 4 {
		start, rows := time.Now(), 0
		err := st.InSnapshot(ctx, func(snap *store.Snapshot) error {
			return snap.Each(ctx, bare, nil, func(*store.Row) error {
				rows++
				return nil
			})
		})
		if err != nil {
			return 0, err
		}
		if rows == 0 {
			return 0, errors.New("there are no ratings: fill first")
		}
		if took := time.Since(start); n > 0 && (best == 0 || took < best) {
			best = took
		}
	}
	return best, nil
}

type stage struct {
	name string
	took time.Duration
}

// timeRun asks for a run and makes it: from the request to the word that it is done.
// Stages are as far apart as its followers see them.
func timeRun(ctx context.Context, st *store.Store, keys *keyring.Keyring, profile string) (whole time.Duration, stages []stage, err error) {
	zone, err := time.LoadLocation(zoneName)
	if err != nil {
		return 0, nil, err
	}
	hr, err := (&accounts.Service{Store: st}).Ensure(ctx, accounts.Grant{Subject: "bench", Role: models.RoleHR, UnitRef: rootUnit})
	if err != nil {
		return 0, nil, err
	}
	actor := auth.Actor{Subject: hr.Subject, Role: hr.Role, UnitID: hr.UnitID}
	cycle, err := (&cycles.Service{Store: st}).Open(ctx, actor, cycles.NewCycle{
		UnitID: *hr.UnitID, Kind: models.CycleAnnual, Name: "bench " + models.NewRandomID().String(),
		FromOn: models.NewDate(year, time.January, 1), ToOn: models.NewDate(year, time.December, 31),
	})
	if err != nil {
		return 0, nil, err
	}
	service := &assessments.Service{Store: st, Keys: keys, Zone: zone, Worker: "bench", Thresholds: privacy.Default()}
	if profile != "" {
		file, err := os.Create(profile)
		if err != nil {
			return 0, nil, err
		}
		if err := pprof.StartCPUProfile(file); err != nil {
			return 0, nil, errors.Join(err, file.Close())
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		defer pprof.StopCPUProfile()
	}
	start := time.Now()
	run, err := service.Request(ctx, actor, cycle.ID, nil)
	if err != nil {
		return 0, nil, err
	}
	seen, err := service.Progress(ctx, actor, run.ID)
	if err != nil {
		return 0, nil, err
	}
	watched := make(chan []stage)
	go func() { watched <- watch(seen) }()
	if _, err := service.RunNext(ctx); err != nil {
		return 0, nil, err
	}
	whole = time.Since(start)
	stages = <-watched
	done, err := store.Take[models.AssessmentRun](st.Read(ctx).Where("id = ?", run.ID), "AssessmentRun")
	if err != nil {
		return 0, nil, err
	}
	if done.State != models.RunDone {
		return 0, nil, fmt.Errorf("the run has ended %s: %s", done.State, done.Failure)
	}
	return whole, stages, nil
}

// watch times the stages of a run.
func watch(run <-chan *models.AssessmentRun) []stage {
	var stages []stage
	since := time.Now()
	name := ""
	for r := range run {
		if r.Stage == name {
			continue
		}
		if name != "" {
			stages = append(stages, stage{name, time.Since(since)})
		}
		name, since = r.Stage, time.Now()
	}
	return stages
}

// peak is the most memory that the process has held, in MiB: where the system does
// not say, what Go has taken from it.
func peak() int {
	if file, err := os.Open("/proc/self/status"); err == nil {
		lines := bufio.NewScanner(file)
		kb := 0
		for lines.Scan() {
			if rest, found := strings.CutPrefix(lines.Text(), "VmHWM:"); found {
				if _, err := fmt.Sscan(rest, &kb); err != nil {
					kb = 0
				}
			}
		}
		if file.Close() == nil && kb > 0 {
			return kb / 1024
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.Sys >> 20)
}
