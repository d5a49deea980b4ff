package assessments

import (
	"context"
	"encoding/hex"
	"fmt"
	"strconv"

	"gorm.io/gorm"

	"steelyard/models"
	"steelyard/scoring"
	"steelyard/services/audit"
	"steelyard/store"
	"steelyard/tally"
)

// Tally notes which ratings count in the results that are published, a hash tree a run
// ([tally]), so that whoever gave one can check that it is among them. It is made once a
// run is published, not for every run: the ratings are read once more, as the run read
// them, and the root stands in the audit trail. The server calls it regularly; it returns
// how many runs it has counted.
func (s *Service) Tally(ctx context.Context) (int, error) {
	var runs []models.AssessmentRun
	err := s.Store.Read(ctx).Where(`state = ? AND answers_before IS NOT NULL AND id NOT IN (SELECT run_id FROM tallies)
			AND id IN (SELECT run_id FROM cycles WHERE state IN ?)`, models.RunDone, shown).Order("id").Limit(10).Find(&runs).Error
	if err != nil {
		return 0, err
	}
	for i := range runs {
		if err := s.tally(ctx, &runs[i]); err != nil {
			return i, fmt.Errorf("count the ratings of run %s: %w", runs[i].ID, err)
		}
	}
	return len(runs), nil
}

// tally makes the tree of a run, unless another process has done so.
func (s *Service) tally(ctx context.Context, run *models.AssessmentRun) error {
	cycle, err := store.Take[models.Cycle](s.Store.Read(ctx).Where("id = ?", run.CycleID), "Cycle")
	if err != nil {
		return err
	}
	policy, err := s.policyOf(ctx, run.PolicyID)
	if err != nil {
		return err
	}
	leaves, err := s.leaves(ctx, scope{unit: &cycle.UnitID, period: cycle.Period(), run: run, before: run.AnswersBefore, slice: policy.FiguresFrom})
	if err != nil {
		return err
	}
	tally.Sort(leaves)
	var blocks []models.TallyBlock
	var roots []tally.Hash
	for from := 0; from < len(leaves); from += tally.BlockLeaves {
		block := leaves[from:min(from+tally.BlockLeaves, len(leaves))]
		root := tally.Root(block)
		roots = append(roots, root)
		blocks = append(blocks, models.TallyBlock{RunID: run.ID, Block: int64(len(blocks)), Leaves: tally.Pack(block), Root: root[:]})
	}
	root := tally.Root(roots)
	return s.Store.InTx(ctx, func(tx *store.Tx) error {
		if _, err := store.Take[models.Cycle](store.Lock(tx.DB).Where("id = ?", cycle.ID), "Cycle"); err != nil {
			return err
		}
		_, err := store.Take[models.Tally](tx.Where("run_id = ?", run.ID), "Tally")
		if models.CodeOf(err) != models.CodeNotFound {
			return err
		}
		if err := tx.Create(&models.Tally{RunID: run.ID, Root: root[:], Ratings: int64(len(leaves)), CountedAt: tx.Now}).Error; err != nil {
			return err
		}
		if len(blocks) > 0 {
			if err := tx.CreateInBatches(blocks, 100).Error; err != nil {
				return err
			}
		}
		return audit.Record(tx, audit.Entry{
			Actor: "system", Action: "tally", Noun: "AssessmentRun", NounID: &run.ID,
			Details: map[string]string{"cycle": cycle.ID.String(), "root": hex.EncodeToString(root[:]), "ratings": strconv.Itoa(len(leaves))},
		})
	})
}

// leaves are those of the ratings that count in a scope, in no order.
func (s *Service) leaves(ctx context.Context, in scope) (leaves []tally.Hash, err error) {
	err = s.Store.InSnapshot(ctx, func(snap *store.Snapshot) error {
		r := newRatingReader(s.newReader(ctx, snap, in))
		for _, read := range []func() error{r.readUnits, r.readLimits, r.readExclusions, r.readPostings, r.settleAnswers} {
			if err := read(); err != nil {
				return err
			}
		}
		services := map[models.ID]string{}
		err := snap.Each(ctx, "SELECT id, ref FROM services", nil, func(row *store.Row) error {
			services[row.ID(0)] = row.Text(1)
			return nil
		})
		if err != nil {
			return err
		}
		return r.countedRatings("official_id, service_id, level, rated_on, receipt_hash, import_key, id", func(row *store.Row) error {
			official, date := row.ID(0), row.Date(3)
			posting := r.counts(row, official, date, 7)
			if posting == scoring.None {
				return nil
			}
			leaves = append(leaves, tally.Leaf(saltOf(row.Bytes(4), row.Bytes(5), row.ID(6)),
				contentOf(r.ev.Postings[posting].Official, services[row.ID(1)], int(row.Int(2)), date)))
			return nil
		})
	})
	return leaves, err
}

// saltOf is what hides a rating in its leaf: the hash of its receipt. An imported rating
// has none; its leaf covers it and is nobody's.
func saltOf(receipt, importKey []byte, id models.ID) []byte {
	switch {
	case len(receipt) > 0:
		return receipt
	case len(importKey) > 0:
		return importKey
	}
	return id[:]
}

// contentOf is a rating as it counts, in one line: the official's external id, the
// service's, the level and the day.
func contentOf(official, service string, level int, on models.Date) string {
	return fmt.Sprintf("%q %q %d %s", official, service, level, on)
}

// Counted is a rating among those that count in a published cycle.
type Counted struct {
	Cycle         *models.Cycle
	Tally         *models.Tally
	Salt, Content string // salt in hexadecimal
	Leaf          tally.Hash
	Path          []tally.Step
}

// CountedIn shows in which published results a rating counts, with the proof for each, the
// oldest cycle first. It is for whoever holds the rating's receipt.
func (s *Service) CountedIn(ctx context.Context, rating *models.Rating) ([]*Counted, error) {
	db := s.Store.Read(ctx)
	salt := saltOf(rating.ReceiptHash, rating.ImportKey, rating.ID)
	var names struct{ Official, Service string }
	err := db.Table("officials o").Select("o.ref AS official, s.ref AS service").Joins("JOIN services s ON s.id = ?", rating.ServiceID).
		Where("o.id = ?", rating.OfficialID).Scan(&names).Error
	if err != nil {
		return nil, err
	}
	content := contentOf(names.Official, names.Service, rating.Level, rating.RatedOn)
	var cycles []*models.Cycle
	err = db.Where("from_on <= ? AND to_on >= ? AND state IN ? AND run_id IN (SELECT run_id FROM tallies)", rating.RatedOn, rating.RatedOn, shown).
		Order("to_on, id").Find(&cycles).Error
	if err != nil {
		return nil, err
	}
	out := []*Counted{}
	for _, c := range cycles {
		found := &Counted{Cycle: c, Salt: hex.EncodeToString(salt), Content: content, Leaf: tally.Leaf(salt, content)}
		if there, err := found.prove(db, *c.RunID); err != nil {
			return nil, err
		} else if there {
			out = append(out, found)
		}
	}
	return out, nil
}

// prove finds the leaf among those of a run, and its way to the root.
func (c *Counted) prove(db *gorm.DB, run models.ID) (bool, error) {
	var err error
	if c.Tally, err = store.Take[models.Tally](db.Where("run_id = ?", run), "Tally"); err != nil {
		return false, err
	}
	var stored []models.TallyBlock
	// The first leaf says which block it is: no other is read whole.
	if err := db.Select("block, root, substr(leaves, 1, 32) AS leaves").Where("run_id = ?", run).Order("block").Find(&stored).Error; err != nil {
		return false, err
	}
	roots, firsts := make([]tally.Hash, len(stored)), make([]tally.Hash, len(stored))
	for i, b := range stored {
		copy(roots[i][:], b.Root)
		copy(firsts[i][:], b.Leaves)
	}
	at, exact := tally.Find(firsts, c.Leaf)
	if !exact {
		at--
	}
	if at < 0 {
		return false, nil
	}
	block, err := store.Take[models.TallyBlock](db.Where("run_id = ? AND block = ?", run, at), "TallyBlock")
	if err != nil {
		return false, err
	}
	leaves, err := tally.Unpack(block.Leaves)
	if err != nil {
		return false, err
	}
	i, there := tally.Find(leaves, c.Leaf)
	if there {
		c.Path = append(tally.Path(leaves, i), tally.Path(roots, at)...)
	}
	return there, nil
}

// TallyOf is what was counted for the results of a cycle that are published; nil where
// nothing has been yet.
func (s *Service) TallyOf(ctx context.Context, cycle models.ID) (*models.Tally, error) {
	t, err := store.Take[models.Tally](s.Store.Read(ctx).
		Where("run_id = (SELECT run_id FROM cycles WHERE id = ? AND state IN ?)", cycle, shown), "Tally")
	if models.CodeOf(err) == models.CodeNotFound {
		return nil, nil
	}
	return t, err
}
