package imports

import (
	"errors"
	"strconv"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"steelyard/auth/keyring"
	"steelyard/models"
	"steelyard/store"
)

// keys are the years' keys as an import needs them. The checking run makes none:
// a folder that is refused leaves no trace. Where a year has no key yet, nothing
// can be stored under it, and any key serves to find that out.
type keys struct {
	ring   *keyring.Keyring
	zone   *time.Location
	years  map[int]*keyring.Hasher // nil: destroyed
	used   map[int]bool
	epochs []models.KeyEpoch       // of the used years
	drafts map[int]keyring.YearKey // of years that had none; nil where the folder is only checked
	err    error                   // the first failure of destroyed
}

// openKeys compares the key file with what the database knows of it.
func (s *Service) openKeys(db *gorm.DB) (*keys, error) {
	var epochs []models.KeyEpoch
	if err := db.Order("year").Find(&epochs).Error; err != nil {
		return nil, err
	}
	if err := s.Keys.Check(epochs); err != nil {
		return nil, err
	}
	k := &keys{ring: s.Keys, zone: s.Zone, years: map[int]*keyring.Hasher{}, used: map[int]bool{}}
	for _, e := range epochs {
		if e.DestroyedAt != nil {
			k.years[e.Year] = nil
		}
	}
	return k, nil
}

// of returns what hashes references of a year; nil where its key is destroyed.
func (k *keys) of(year int) (*keyring.Hasher, error) {
	if hasher, known := k.years[year]; known {
		return hasher, nil
	}
	key, err := k.ring.Get(year)
	switch {
	case errors.Is(err, keyring.ErrDestroyed):
		k.years[year] = nil
		return nil, nil
	case errors.Is(err, keyring.ErrNoKey):
		key = keyring.YearKey{}
		if k.drafts != nil {
			key = keyring.Draft()
			k.drafts[year] = key
		}
	case err != nil:
		return nil, err
	}
	k.years[year] = key.NewHasher()
	return k.years[year], nil
}

// destroyed says whether a year's key is destroyed. A failure to find out is kept
// and ends the run.
func (k *keys) destroyed(year int) bool {
	hasher, err := k.of(year)
	if err != nil && k.err == nil {
		k.err = err
	}
	return err == nil && hasher == nil
}

// make makes the keys that the loading run needs and has not. Where rows are hashed with
// drafts already, these become the keys, unless somebody was faster.
func (k *keys) make(now time.Time) error {
	for year := range k.used {
		draft, drafted := k.drafts[year]
		if drafted {
			if err := k.ring.Keep(year, draft); err != nil {
				return err
			}
		}
		key, epoch, err := k.ring.Epoch(year, now)
		if err != nil {
			return err
		}
		if drafted && key != draft {
			return &models.Error{Code: models.CodeConflict, Key: models.KeyImportRaced}
		}
		k.years[year] = key.NewHasher()
		k.epochs = append(k.epochs, epoch)
	}
	return nil
}

// record tells the database the years whose keys its rows are hashed with.
func (k *keys) record(tx *store.Tx) error {
	if len(k.epochs) == 0 {
		return nil
	}
	if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&k.epochs).Error; err != nil {
		return err
	}
	var stored []models.KeyEpoch
	if err := tx.Find(&stored).Error; err != nil {
		return err
	}
	for _, e := range stored {
		if k.used[e.Year] && e.DestroyedAt != nil {
			return &models.Error{Code: models.CodeConflict, Key: models.KeyYearSealed, Args: []string{strconv.Itoa(e.Year)}}
		}
	}
	return k.ring.Check(stored)
}

// day is the day on which an instant falls.
func (r *run) day(micros int64) models.Date {
	return models.DateOf(time.UnixMicro(micros), r.keys.zone)
}

// hasher returns what hashes references of the year of a cell's instant, or
// notes that the year is no more.
func (w *row) hasher(column int) (*keyring.Hasher, int, error) {
	year := w.run.day(w.values[column].micros).Year()
	hasher, err := w.run.keys.of(year)
	if err != nil {
		return nil, 0, err
	}
	if hasher == nil {
		w.fault(column, YearSealed)
		return nil, 0, nil
	}
	w.run.keys.used[year] = true
	return hasher, year, nil
}

// seal is a final cycle: what it rests on must not change any more.
type seal struct {
	unit   models.ID
	period models.Period
}

// sealed says whether nothing may be added to a unit's evidence of a day: a final
// cycle covers it, or the year's key is destroyed.
func (r *run) sealed(unit int32, day models.Date) bool {
	if r.keys.destroyed(day.Year()) {
		return true
	}
	for _, s := range r.seals {
		if s.period.Contains(day) && r.below(unit, s.unit) {
			return true
		}
	}
	return false
}

// sealedFor says so of an official's evidence: that of the unit in which the
// official worked on that day.
func (r *run) sealedFor(official int32, day models.Date) bool {
	if official == none || len(r.seals) == 0 {
		return r.sealed(none, day)
	}
	return r.sealed(r.unitAt(official, day), day)
}
