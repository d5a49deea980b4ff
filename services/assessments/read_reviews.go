package assessments

import (
	"errors"
	"maps"
	"slices"
	"strconv"

	"steelyard/auth/keyring"
	"steelyard/models"
	"steelyard/scoring"
	"steelyard/store"
)

// readReviews reads the reviews handed in within the period, and finds out which
// reviewers are assessed themselves: mutual favours cannot be seen otherwise. What was
// handed in here counts in a run once its round has ended and all of it is released: what a
// running round brings is sealed.
func (r *reader) readReviews() error {
	var reviewers numbers
	years := map[int]bool{}
	narrower, args := r.ofScope("official_id", []any{r.in.period.From, r.in.period.To})
	if r.in.before != nil {
		narrower += " AND (round_id IS NULL OR round_id IN (SELECT id FROM review_rounds WHERE ended_on < ?))"
		args = append(args, *r.in.before)
	}
	err := r.snap.Each(r.ctx, `SELECT official_id, reviewer_key, key_year, relation, dimension, score, submitted_on, contact
		FROM peer_reviews WHERE submitted_on BETWEEN ? AND ? AND released`+narrower, args, func(row *store.Row) error {
		day := scoring.Day(row.Date(6).EpochDay())
		posting := r.postAt(row.ID(0), day)
		if posting == scoring.None {
			return nil
		}
		relation, err := place[scoring.Relation](row, 3, models.Relations)
		if err != nil {
			return err
		}
		dimension, err := place[scoring.Dimension](row, 4, models.Dimensions)
		if err != nil {
			return err
		}
		reviewer, _ := row.Hash16(1) // every review has one
		years[int(row.Int(2))] = true
		v := &r.ev.Reviews
		v.Posting = append(v.Posting, posting)
		v.Reviewer = append(v.Reviewer, reviewers.number(reviewer))
		v.Relation = append(v.Relation, relation)
		v.Dimension = append(v.Dimension, dimension)
		v.Score = append(v.Score, uint8(row.Int(5)))
		v.Day = append(v.Day, day)
		v.Contact = append(v.Contact, contacts[models.ReviewContact(row.Text(7))])
		return nil
	})
	if err != nil {
		return err
	}
	return r.recogniseReviewers(&reviewers, slices.Sorted(maps.Keys(years)))
}

// contacts are the levels as the engine has them; what is not said is unknown.
var contacts = map[models.ReviewContact]scoring.Contact{
	models.ContactLittle: scoring.ContactLittle, models.ContactSome: scoring.ContactSome, models.ContactMuch: scoring.ContactMuch,
}

// recogniseReviewers fills ReviewerPerson: the reviewer's person where the
// reviewer is an assessed official. It hashes the external id of every official
// with each year's key, as the reviews did.
//
// The result must not hang on which machine computes it. So a year whose key is
// destroyed is unknown to all, and a key that is missing here, or another than the
// database knows by its fingerprint, is an error.
func (r *reader) recogniseReviewers(reviewers *numbers, years []int) error {
	person := make([]int32, reviewers.count())
	for i := range person {
		person[i] = scoring.None
	}
	if err := r.checkKeys(years); err != nil {
		return err
	}
	for _, year := range years {
		key, err := r.yearKey(year)
		if errors.Is(err, keyring.ErrDestroyed) {
			continue
		}
		if err != nil {
			return err
		}
		hasher := key.NewHasher()
		for i := range r.ev.Postings {
			p := &r.ev.Postings[i]
			if number := reviewers.find(hasher.Reviewer(p.Official)); number != scoring.None {
				person[number] = p.Person
			}
		}
	}
	v := &r.ev.Reviews
	v.ReviewerPerson = make([]int32, len(v.Reviewer))
	for i, reviewer := range v.Reviewer {
		v.ReviewerPerson[i] = person[reviewer]
	}
	return nil
}

// checkKeys compares the years' keys with the fingerprints that the database has.
func (r *reader) checkKeys(years []int) error {
	if r.keys == nil || len(years) == 0 {
		return nil // yearKey says what is missing
	}
	var epochs []models.KeyEpoch
	err := r.snap.Each(r.ctx, "SELECT year, fingerprint FROM key_epochs", nil, func(row *store.Row) error {
		if year := int(row.Int(0)); slices.Contains(years, year) {
			epochs = append(epochs, models.KeyEpoch{Year: year, Fingerprint: slices.Clone(row.Bytes(1))})
		}
		return nil
	})
	if err != nil {
		return err
	}
	return r.keys.Check(epochs)
}

func (r *reader) yearKey(year int) (keyring.YearKey, error) {
	missing := &models.Error{Code: models.CodeUnavailable, Key: models.KeyKeyMissing, Args: []string{strconv.Itoa(year), ""}}
	if r.keys == nil {
		return keyring.YearKey{}, missing
	}
	key, err := r.keys.Get(year)
	if errors.Is(err, keyring.ErrNoKey) {
		return keyring.YearKey{}, missing
	}
	return key, err
}
