package assessments

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"log/slog"
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
// run is published, not for every run: the evidence is read once more, as the run read
// it, and the root stands in the audit trail. Where that gives another digest than the
// run's, for instance since ratings of the period were imported after it, nobody can say
// any more what the run counted: that is noted, in the log and the trail as well, and
// there is no tree. The server calls it regularly; it returns how many runs it has counted.
func (s *Service) Tally(ctx context.Context) (int, error) {
	var runs []models.AssessmentRun
	err := s.Store.Read(ctx).Where(`state = ? AND answers_before IS NOT NULL AND id NOT IN (SELECT run_id FROM tallies)
			AND id IN (SELECT run_id FROM cycles WHERE state IN ?)`, models.RunDone, shown).Order("id").Limit(10).Find(&runs).Error
	if err != nil {
		return 0, err
	}
	counted := 0
	for i := range runs {
		made, err := s.tally(ctx, &runs[i])
		if err != nil {
			return counted, fmt.Errorf("count the ratings of run %s: %w", runs[i].ID, err)
		}
		if made {
			counted++
		}
	}
	return counted, nil
}

// tally makes the tree of a run, unless another process has done so; false where it
// cannot be made.
func (s *Service) tally(ctx context.Context, run *models.AssessmentRun) (bool, error) {
	cycle, err := store.Take[models.Cycle](s.Store.Read(ctx).Where("id = ?", run.CycleID), "Cycle")
	if err != nil {
		return false, err
	}
	policy, err := s.policyOf(ctx, run.PolicyID)
	if err != nil {
		return false, err
	}
	leaves, digest, err := s.leaves(ctx, scope{unit: &cycle.UnitID, period: cycle.Period(), run: run, before: run.AnswersBefore, slice: policy.FiguresFrom})
	if err != nil {
		return false, err
	}
	if !bytes.Equal(digest[:], run.EvidenceDigest) {
		slog.WarnContext(ctx, "the evidence of a published run has changed since: its ratings are not counted", "run", run.ID)
		return false, s.note(ctx, cycle.ID, models.Untallied(run.ID), nil, audit.Entry{
			Action: "leaveUncounted", Details: map[string]string{
				"cycle": cycle.ID.String(), "evidenceDigest": run.EvidenceDigest.Key(), "evidenceDigestNow": hex.EncodeToString(digest[:]),
			},
		})
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
	return true, s.note(ctx, cycle.ID, &models.Tally{RunID: run.ID, Root: root[:], Ratings: int64(len(leaves))}, blocks, audit.Entry{
		Action: "tally", Details: map[string]string{"cycle": cycle.ID.String(), "root": hex.EncodeToString(root[:]), "ratings": strconv.Itoa(len(leaves))},
	})
}

// note writes what a run's tally came to, unless another process has done so.
func (s *Service) note(ctx context.Context, cycle models.ID, t *models.Tally, blocks []models.TallyBlock, entry audit.Entry) error {
	return s.Store.InTx(ctx, func(tx *store.Tx) error {
		if _, err := store.Take[models.Cycle](store.Lock(tx.DB).Where("id = ?", cycle), "Cycle"); err != nil {
			return err
		}
		_, err := store.Take[models.Tally](tx.Where("run_id = ?", t.RunID), "Tally")
		if models.CodeOf(err) != models.CodeNotFound {
			return err
		}
		t.CountedAt = tx.Now
		if err := tx.Create(t).Error; err != nil {
			return err
		}
		if len(blocks) > 0 {
			if err := tx.CreateInBatches(blocks, 100).Error; err != nil {
				return err
			}
		}
		entry.Actor, entry.Noun, entry.NounID = "system", "AssessmentRun", &t.RunID
		return audit.Record(tx, entry)
	})
}

// leaves are those of the ratings that count in a scope, in no order, with the digest of
// all its evidence in the same state of the database.
func (s *Service) leaves(ctx context.Context, in scope) (leaves []tally.Hash, digest [32]byte, err error) {
	got, err := s.readAnd(ctx, in, func(string, int, int) {}, func(r *reader) error {
		services := map[models.ID]string{}
		err := r.snap.Each(r.ctx, "SELECT id, ref FROM services", nil, func(row *store.Row) error {
			services[row.ID(0)] = row.Text(1)
			return nil
		})
		if err != nil {
			return err
		}
		ratings := newRatingReader(r)
		return ratings.countedRatings("official_id, service_id, level, rated_on, receipt_hash, import_key, id", func(row *store.Row) error {
			official, date := row.ID(0), row.Date(3)
			posting := ratings.counts(row, official, date, 7)
			if posting == scoring.None {
				return nil
			}
			leaves = append(leaves, tally.Leaf(saltOf(row.Bytes(4), row.Bytes(5), row.ID(6)),
				contentOf(r.ev.Postings[posting].Official, services[row.ID(1)], int(row.Int(2)), date)))
			return nil
		})
	})
	if err != nil {
		return nil, digest, err
	}
	return leaves, got.ev.Digest(), nil
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
	err = db.Where("from_on <= ? AND to_on >= ? AND state IN ? AND run_id IN (SELECT run_id FROM tallies WHERE ratings > 0)", rating.RatedOn, rating.RatedOn, shown).
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
// nothing has been yet, or cannot be any more.
func (s *Service) TallyOf(ctx context.Context, cycle models.ID) (*models.Tally, error) {
	t, err := store.Take[models.Tally](s.Store.Read(ctx).
		Where("run_id = (SELECT run_id FROM cycles WHERE id = ? AND state IN ?)", cycle, shown), "Tally")
	if models.CodeOf(err) == models.CodeNotFound || err == nil && !t.HasRoot() {
		return nil, nil
	}
	return t, err
}
