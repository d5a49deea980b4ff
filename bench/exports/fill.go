package main

import (
	"context"
	"fmt"
	"math/rand/v2"

	"steelyard/models"
	"steelyard/store"
)

const (
	unitSize   = 50 // officials
	peerGroups = 10
)

// components is what a stored assessment has of each.
const components = `[{"component":"SATISFACTION","value":51.253,"se":2.518,"n":40.2,"counts":true,"weight":0.35},` +
	`{"component":"OUTCOMES","value":48.517,"se":3.071,"n":30.4,"counts":true,"weight":0.35},` +
	`{"component":"PEER_REVIEW","value":52.889,"se":4.312,"n":8,"counts":true,"weight":0.2},` +
	`{"component":"PRACTICAL_WORK","value":50.004,"se":6.125,"n":3,"counts":true,"weight":0.1}]`

// fill writes n officials with results in one cycle into an empty database.
func fill(ctx context.Context, st *store.Store, n int) error {
	if _, err := st.MigrateUp(ctx); err != nil {
		return err
	}
	err := st.InTx(ctx, func(tx *store.Tx) error {
		f := &filler{ctx: ctx, tx: tx, n: n, r: rand.New(rand.NewPCG(1, uint64(n)))}
		return f.everything()
	})
	if err != nil || st.Dialect() == store.SQLite {
		return err
	}
	_, err = st.SQL().ExecContext(ctx, "VACUUM ANALYZE") // as autovacuum does
	return err
}

// filler draws the rows.
type filler struct {
	ctx context.Context
	tx  *store.Tx
	n   int
	r   *rand.Rand

	units, positions []models.ID
	officials, posts []models.ID
	run              models.ID
}

func ids(n int) []models.ID {
	list := make([]models.ID, n)
	for i := range list {
		list[i] = models.NewID()
	}
	return list
}

func (f *filler) everything() error {
	f.units, f.positions = ids(2+f.n/unitSize), ids(peerGroups)
	f.officials, f.posts = ids(f.n), ids(f.n)
	for i, id := range f.units {
		unit := &models.OrgUnit{ID: id, Ref: fmt.Sprintf("U%05d", i), Name: fmt.Sprintf("Office %d", i)}
		if i > 0 {
			unit.ParentID = &f.units[0]
		}
		if err := f.tx.Create(unit).Error; err != nil {
			return err
		}
	}
	if err := store.RebuildClosure(f.tx); err != nil {
		return err
	}
	for i, id := range f.positions {
		if err := f.tx.Create(&models.Position{ID: id, Name: group(i)}).Error; err != nil {
			return err
		}
	}
	cycle := &models.Cycle{
		ID: models.NewID(), UnitID: f.units[0], Kind: models.CycleAnnual, Name: "2025", FromOn: models.NewDate(2025, 1, 1), ToOn: models.NewDate(2025, 12, 31),
		State: models.CycleScoring, OpenedBy: "bench", OpenedAt: f.tx.Now, UpdatedAt: f.tx.Now,
	}
	run := &models.AssessmentRun{ID: models.NewID(), CycleID: cycle.ID, State: models.RunDone, RequestedBy: "bench", RequestedAt: f.tx.Now, FinishedAt: &f.tx.Now}
	f.run = run.ID
	for _, row := range []any{cycle, run} {
		if err := f.tx.Create(row).Error; err != nil {
			return err
		}
	}
	for _, table := range []func() error{f.people, f.postings, f.assessments} {
		if err := table(); err != nil {
			return err
		}
	}
	return f.tx.Model(cycle).Update("run_id", run.ID).Error
}

func group(i int) string { return fmt.Sprintf("group %02d", i) }

// place is an official's peer group, the first ones first, and the unit.
func (f *filler) place(i int) (of int, unit models.ID) {
	return i * peerGroups / f.n, f.units[1+i/unitSize]
}

// load writes a row for each official.
func (f *filler) load(table string, columns []string, row func(i int) []any) error {
	next := 0
	_, err := f.tx.Load(f.ctx, table, columns, func() ([]any, error) {
		if next == f.n {
			return nil, nil
		}
		next++
		return row(next - 1), nil
	})
	return err
}

func (f *filler) people() error {
	return f.load("officials", []string{"id", "ref", "unit_id", "position_id", "name"}, func(i int) []any {
		of, unit := f.place(i)
		return []any{f.officials[i][:], fmt.Sprintf("P%06d", i), unit[:], f.positions[of][:], fmt.Sprintf("Official %d", i)}
	})
}

func (f *filler) postings() error {
	return f.load("postings", []string{"id", "official_id", "unit_id", "position_id", "from_on"}, func(i int) []any {
		of, unit := f.place(i)
		return []any{f.posts[i][:], f.officials[i][:], unit[:], f.positions[of][:], models.SinceEver}
	})
}

func (f *filler) assessments() error {
	columns := []string{
		"id", "run_id", "official_id", "posting_id", "unit_id", "position", "peer_group", "sort_order", "status", "composite", "composite_low",
		"composite_high", "rank", "rank_low", "rank_high", "grade", "reliability", "visibility", "showcase_gap", "flags", "components",
	}
	return f.load("assessments", columns, func(i int) []any {
		of, unit := f.place(i)
		id, composite, seen := models.NewID(), 100*f.r.Float64(), 100*f.r.Float64()
		rank := int64(i - (of*f.n+peerGroups-1)/peerGroups + 1)
		return []any{
			id[:], f.run[:], f.officials[i][:], f.posts[i][:], unit[:], group(of), group(of), int64(i + 1), string(models.StatusScored), composite, composite - 4,
			composite + 4, rank, max(rank-3, 1), rank + 3, "", 0.8, seen, seen - composite, "[]", components,
		}
	})
}
