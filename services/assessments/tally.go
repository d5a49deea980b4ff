package assessments

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"

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
			AND id IN (SELECT run_id FROM cycles WHERE state IN ?) AND id NOT IN ?`, models.RunDone, shown, s.uncounted.Waiting(s.Store.Now())).Order("id").Limit(10).Find(&runs).Error
	if err != nil {
		return 0, err
	}
	counted, failed := 0, []error(nil)
	for i := range runs { // one that fails keeps none behind it waiting
		made, err := s.tally(ctx, &runs[i])
		if err != nil {
			s.uncounted.Failed(runs[i].ID, s.Store.Now())
			failed = append(failed, fmt.Errorf("count the ratings of run %s: %w", runs[i].ID, err))
			continue
		}
		s.uncounted.Done(runs[i].ID)
		if made {
			counted++
		}
	}
	return counted, errors.Join(failed...)
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
	// Only results that have one of the official can hold the rating.
	var cycles []*models.Cycle
	err = db.Where(`from_on <= ? AND to_on >= ? AND state IN ? AND run_id IN (SELECT run_id FROM tallies WHERE ratings > 0)
			AND run_id IN (SELECT run_id FROM assessments WHERE official_id = ?)`, rating.RatedOn, rating.RatedOn, shown, rating.OfficialID).
		Order("to_on, id").Find(&cycles).Error
	if err != nil {
		return nil, err
	}
	if len(cycles) == 0 {
		return []*Counted{}, nil
	}
	proofs, err := prove(db, cycles, tally.Leaf(salt, content))
	if err != nil {
		return nil, err
	}
	for _, p := range proofs {
		p.Salt, p.Content = hex.EncodeToString(salt), content
	}
	return proofs, nil
}

// prove finds a leaf among those of cycles' runs, and its way to the root of each that has
// it. However many they are, it asks for all of them at once.
func prove(db *gorm.DB, cycles []*models.Cycle, leaf tally.Hash) ([]*Counted, error) {
	runs := make([]models.ID, len(cycles))
	for i, c := range cycles {
		runs[i] = *c.RunID
	}
	var tallies []*models.Tally
	if err := db.Where("run_id IN ?", runs).Find(&tallies).Error; err != nil {
		return nil, err
	}
	tallyOf := map[models.ID]*models.Tally{}
	for _, t := range tallies {
		tallyOf[t.RunID] = t
	}
	roots, blocks, err := searched(db, runs, leaf)
	if err != nil {
		return nil, err
	}
	out := []*Counted{}
	for _, c := range cycles {
		block := blocks[*c.RunID]
		if block == nil {
			continue
		}
		leaves, err := tally.Unpack(block.Leaves)
		if err != nil {
			return nil, err
		}
		if i, there := tally.Find(leaves, leaf); there {
			path := append(tally.Path(leaves, i), tally.Path(roots[*c.RunID], int(block.Block))...)
			out = append(out, &Counted{Cycle: c, Tally: tallyOf[*c.RunID], Leaf: leaf, Path: path})
		}
	}
	return out, nil
}

// searched reads, by run, the roots of all blocks, and the one block that a leaf can stand
// in: the first leaf of each says which. No other is read whole.
func searched(db *gorm.DB, runs []models.ID, leaf tally.Hash) (roots map[models.ID][]tally.Hash, blocks map[models.ID]*models.TallyBlock, err error) {
	var heads []models.TallyBlock
	err = db.Select("run_id, block, root, substr(leaves, 1, 32) AS leaves").Where("run_id IN ?", runs).Order("run_id, block").Find(&heads).Error
	if err != nil {
		return nil, nil, err
	}
	roots = map[models.ID][]tally.Hash{}
	firsts := map[models.ID][]tally.Hash{}
	for _, h := range heads {
		var root, first tally.Hash
		copy(root[:], h.Root)
		copy(first[:], h.Leaves)
		roots[h.RunID], firsts[h.RunID] = append(roots[h.RunID], root), append(firsts[h.RunID], first)
	}
	var which []string
	var args []any
	for run, list := range firsts {
		at, exact := tally.Find(list, leaf)
		if !exact {
			at--
		}
		if at >= 0 {
			which, args = append(which, "run_id = ? AND block = ?"), append(args, run, at)
		}
	}
	blocks = map[models.ID]*models.TallyBlock{}
	if len(which) == 0 {
		return roots, blocks, nil
	}
	var whole []*models.TallyBlock
	err = db.Where(strings.Join(which, " OR "), args...).Find(&whole).Error
	for _, b := range whole {
		blocks[b.RunID] = b
	}
	return roots, blocks, err
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
