package keyring

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"steelyard/models"
)

// Domains of the keys that the database keeps beside the resident's.
const (
	domainRatingImport = "rating-import"
	domainReviewImport = "review-import"
)

// reviewMoment writes the instant of a review for its import key: UTC, microseconds.
const reviewMoment = "2006-01-02T15:04:05.000000Z"

// RaterOf turns a resident's key into the key that a rating keeps. It is a second step under the year's key, so that
// the database alone cannot tell that an encounter and a rating are of one person; an import that knows the reference
// and a service that knows the encounter's resident key alone come to the same value.
func (h *Hasher) RaterOf(resident [16]byte) [16]byte { return h.Sum(domainRater, string(resident[:])) }

// ReviewerRef hashes a reviewer's reference: for a colleague it is the official's external id, so that a review that
// was imported and one that was handed in here are known to be of the same person.
func (h *Hasher) ReviewerRef(ref string) [16]byte { return h.Sum(domainReviewer, ref) }

// RatingImport hashes the external id of a rating's encounter, by which a repeated import knows the rating again.
func (h *Hasher) RatingImport(encounter string) [16]byte { return h.Sum(domainRatingImport, encounter) }

// ReviewImport hashes the key of an imported review.
func (h *Hasher) ReviewImport(official, reviewer, relation, dimension string, submittedAt time.Time) [16]byte {
	return h.Sum(domainReviewImport, official, reviewer, relation, dimension, submittedAt.UTC().Format(reviewMoment))
}

// RaterOf is Hasher.RaterOf.
func (k YearKey) RaterOf(resident [16]byte) [16]byte { return k.NewHasher().RaterOf(resident) }

// ReviewerRef is Hasher.ReviewerRef.
func (k YearKey) ReviewerRef(ref string) [16]byte { return k.NewHasher().ReviewerRef(ref) }

// Path is where the key file is.
func (r *Keyring) Path() string { return r.path }

// Epoch returns the key of a year, made if need be, and the row by which the database knows it. A destroyed year gives
// a models.Error with KeyYearSealed.
func (r *Keyring) Epoch(year int, now time.Time) (YearKey, models.KeyEpoch, error) {
	key, err := r.Ensure(year)
	if errors.Is(err, ErrDestroyed) {
		return key, models.KeyEpoch{}, yearSealed(year)
	}
	if err != nil {
		return key, models.KeyEpoch{}, err
	}
	mark, err := r.mark(year)
	return key, models.KeyEpoch{Year: year, Fingerprint: mark, CreatedAt: now}, err
}

// Check compares the years that a database knows with the file. A year whose key is missing or another one gives a
// models.Error with KeyKeyMissing that names year and file: what is hashed with it would never match what is stored.
func (r *Keyring) Check(epochs []models.KeyEpoch) error {
	for _, e := range epochs {
		mark, err := r.mark(e.Year)
		if err != nil && !errors.Is(err, ErrNoKey) {
			return err
		}
		if err != nil || !bytes.Equal(mark, e.Fingerprint) {
			return &models.Error{
				Code: models.CodeConflict, Key: models.KeyKeyMissing,
				Args: []string{fmt.Sprint(e.Year), r.path},
			}
		}
	}
	return nil
}

// mark is a year's fingerprint in the bytes that the database keeps.
func (r *Keyring) mark(year int) (models.Hash, error) {
	digits, err := r.Fingerprint(year)
	if err != nil {
		return nil, err
	}
	return hex.DecodeString(digits)
}

func yearSealed(year int) error {
	return &models.Error{Code: models.CodeConflict, Key: models.KeyYearSealed, Args: []string{fmt.Sprint(year)}}
}
