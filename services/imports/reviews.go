package imports

import (
	"slices"
	"strconv"

	"steelyard/models"
	"steelyard/store"
)

// The columns of reviews.csv.
const (
	reviewOfficial = iota
	reviewReviewer
	reviewRelation
	reviewDimension
	reviewScore
	reviewAt
)

// review is a row of reviews.csv.
type review struct {
	imprint             imprint
	at                  place
	bad, stored         bool
	officialRef, time   string
	official            int32
	reviewer            resident
	relation, dimension int8
	score               int8
	on                  models.Date
	importKey           [16]byte
	id                  models.ID
}

func (v *review) order() (imprint, int32) { return v.imprint, v.at.line }

func (r *run) readReviews() error {
	return shuffled(r, reviews, []int{reviewOfficial, reviewReviewer, reviewRelation, reviewDimension}, r.review, r.mergeReviews)
}

func (r *run) review(w *row) (*review, error) {
	at := &w.values[reviewAt]
	v := &review{
		at: w.at, officialRef: w.text(reviewOfficial), official: w.official(reviewOfficial), time: w.text(reviewAt),
		relation: int8(w.values[reviewRelation].n), dimension: int8(w.values[reviewDimension].n), score: int8(w.values[reviewScore].n),
	}
	v.imprint = r.imprint(w.values[reviewOfficial].text, w.values[reviewReviewer].text, w.values[reviewRelation].text,
		w.values[reviewDimension].text, strconv.AppendInt(nil, at.orNoTime(), 10))
	if at.filled {
		v.on = r.day(at.micros)
		hasher, year, err := w.hasher(reviewAt)
		if err != nil {
			return nil, err
		}
		if hasher != nil && !w.bad {
			reviewer := w.text(reviewReviewer)
			v.reviewer = resident{hasher.ReviewerRef(reviewer), int16(year)}
			v.importKey = hasher.ReviewImport(v.officialRef, reviewer, string(models.Relations[v.relation]),
				string(models.Dimensions[v.dimension]), instant(at.micros))
		}
	}
	v.bad = w.bad
	return v, nil
}

func (r *run) rejectReview(v *review, column int, value string, kind Kind) {
	v.bad = true
	r.fault(v.at, column, []byte(value), kind)
}

// mergeReviews writes a share of the reviews: those that are new, in the order of
// their random ids.
func (r *run) mergeReviews(held []*review) error {
	for i, v := range held {
		if i > 0 && held[i-1].imprint == v.imprint {
			r.rejectReview(v, reviewOfficial, v.officialRef, DuplicateID)
		}
	}
	for chunk := range slices.Chunk(held, batch) {
		if err := r.matchReviews(chunk); err != nil {
			return err
		}
	}
	var added []*review
	for _, v := range held {
		if v.bad || v.stored {
			continue
		}
		added = append(added, v)
	}
	for i, id := range randomIDs(len(added)) {
		added[i].id = id
	}
	r.files[reviews].Inserted += int64(len(added))
	row := make([]any, 9)
	return r.load("peer_reviews", "id official_id reviewer_key key_year relation dimension score submitted_on import_key", len(added),
		func(i int) []any {
			v := added[i]
			row[0], row[1], row[2], row[3] = v.id, r.officials[v.official].ID, v.reviewer.key[:], int64(v.reviewer.year)
			row[4], row[5] = string(models.Relations[v.relation]), string(models.Dimensions[v.dimension])
			row[6], row[7], row[8] = int64(v.score), v.on, v.importKey[:]
			return row
		})
}

// matchReviews finds the reviews that an earlier import has brought, and those
// that come too late.
func (r *run) matchReviews(chunk []*review) error {
	keys, byKey := []any{}, map[[16]byte]*review{}
	for _, v := range chunk {
		if !v.bad {
			keys, byKey[v.importKey] = append(keys, v.importKey[:]), v
		}
	}
	if r.some["peer_reviews"] {
		scores := map[*review]int8{}
		err := r.find("SELECT import_key, score FROM peer_reviews WHERE import_key", keys, func(row *store.Row) error {
			key, _ := row.Hash16(0)
			scores[byKey[key]] = int8(row.Int(1))
			return nil
		})
		if err != nil {
			return err
		}
		for v, score := range scores {
			if v.stored = true; v.score != score {
				r.rejectReview(v, reviewOfficial, v.officialRef, Changed)
				continue
			}
			r.files[reviews].Unchanged++
		}
	}
	for _, v := range chunk {
		if !v.bad && !v.stored && r.sealedFor(v.official, v.on) {
			r.rejectReview(v, reviewAt, v.time, YearSealed)
		}
	}
	return nil
}
