package imports

import (
	"bytes"
	"strconv"

	"steelyard/auth/keyring"
	"steelyard/models"
	"steelyard/store"
)

// The columns of deeds.csv.
const (
	deedID = iota
	deedOfficial
	deedKind
	deedAt
	deedHours
	deedBeneficiary
	deedConfirmed
	deedTitle
)

// pendingDeed waits for its batch.
type pendingDeed struct {
	models.Deed
	at       place
	official int32
	time     string
}

func (r *run) readDeeds() error {
	seen := map[imprint]bool{}
	waiting := make([]pendingDeed, 0, batch)
	flush := func() error {
		err := r.mergeDeeds(waiting)
		waiting = make([]pendingDeed, 0, batch)
		return err
	}
	err := r.each(deeds, 0, nil, func(w *row) error {
		official := w.official(deedOfficial)
		who, err := w.person(deedBeneficiary, deedAt, (*keyring.Hasher).Resident)
		if err != nil {
			return err
		}
		key := r.imprint(w.values[deedID].text)
		if seen[key] && w.values[deedID].filled {
			w.fault(deedID, DuplicateID)
		}
		seen[key] = true
		if w.bad {
			return nil
		}
		d := pendingDeed{at: w.at, official: official, time: w.text(deedAt), Deed: models.Deed{
			ID: models.NewID(), Ref: w.text(deedID), OfficialID: r.officials[official].ID,
			Kind: models.DeedKinds[w.values[deedKind].n], DoneAt: instant(w.values[deedAt].micros),
			BeneficiaryKey: who.hash(), KeyYear: int(who.year), Confirmed: said(w.answer(deedConfirmed)), Title: w.text(deedTitle),
		}}
		if w.values[deedHours].filled {
			d.Hours = &[]float64{w.values[deedHours].real}[0]
		}
		waiting = append(waiting, d)
		if len(waiting) == batch {
			return flush()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

// mergeDeeds writes the deeds of a batch that are not there yet.
func (r *run) mergeDeeds(waiting []pendingDeed) error {
	stored := map[string]models.Deed{}
	if r.some["deeds"] {
		refs := make([]any, len(waiting))
		for i := range waiting {
			refs[i] = waiting[i].Ref
		}
		err := r.find(`SELECT ref, official_id, kind, done_at, hours, beneficiary_key, confirmed, title
			FROM deeds WHERE ref`, refs, func(row *store.Row) error {
			at, _ := row.Micros(3)
			d := models.Deed{
				OfficialID: row.ID(1), Kind: models.DeedKind(row.Text(2)), DoneAt: instant(at),
				BeneficiaryKey: bytes.Clone(row.Bytes(5)), Confirmed: models.Answer(row.Text(6)), Title: row.Text(7),
			}
			if !row.Null(4) {
				hours := row.Float(4)
				d.Hours = &hours
			}
			stored[row.Text(0)] = d
			return nil
		})
		if err != nil {
			return err
		}
	}
	added := waiting[:0]
	for _, d := range waiting {
		was, known := stored[d.Ref]
		switch {
		case known && !sameDeed(&d.Deed, &was):
			r.fault(d.at, deedID, []byte(d.Ref), Changed)
		case known:
			r.files[deeds].Unchanged++
		case r.sealedFor(d.official, r.day(d.DoneAt.UnixMicro())):
			r.fault(d.at, deedAt, []byte(d.time), YearSealed)
		default:
			added = append(added, d)
		}
	}
	r.files[deeds].Inserted += int64(len(added))
	row := make([]any, 10)
	return r.load("deeds", "id ref official_id kind done_at hours beneficiary_key key_year confirmed title", len(added), func(i int) []any {
		d := &added[i].Deed
		row[0], row[1], row[2], row[3], row[4], row[5] = d.ID, d.Ref, d.OfficialID, string(d.Kind), d.DoneAt, orNil(d.Hours)
		row[6], row[7], row[8], row[9] = keyOrNil(d.BeneficiaryKey), int64(d.KeyYear), string(d.Confirmed), d.Title
		return row
	})
}

func sameDeed(d, was *models.Deed) bool {
	return d.OfficialID == was.OfficialID && d.Kind == was.Kind && d.DoneAt.Equal(was.DoneAt) && same(d.Hours, was.Hours) &&
		bytes.Equal(d.BeneficiaryKey, was.BeneficiaryKey) && d.Confirmed == was.Confirmed && d.Title == was.Title
}

// The columns of achievements.csv.
const (
	achievementOfficial = iota
	achievementKind
	achievementAt
	achievementTitle
)

// pendingAchievement waits for its batch.
type pendingAchievement struct {
	models.Achievement
	at       place
	official int32
	time     string
	key      [16]byte
}

func (r *run) readAchievements() error {
	seen := occurrences{}
	waiting := make([]pendingAchievement, 0, batch)
	flush := func() error {
		err := r.mergeAchievements(waiting)
		waiting = make([]pendingAchievement, 0, batch)
		return err
	}
	err := r.each(achievements, 0, nil, func(w *row) error {
		official := w.official(achievementOfficial)
		if w.bad {
			return nil
		}
		a := pendingAchievement{at: w.at, official: official, time: w.text(achievementAt), Achievement: models.Achievement{
			ID: models.NewID(), OfficialID: r.officials[official].ID, Kind: models.AchievementKinds[w.values[achievementKind].n],
			At: instant(w.values[achievementAt].micros), Title: w.text(achievementTitle),
		}}
		a.key = seen.key("achievements", w.text(achievementOfficial), string(a.Kind),
			strconv.FormatInt(w.values[achievementAt].micros, 10), a.Title)
		waiting = append(waiting, a)
		if len(waiting) == batch {
			return flush()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

// mergeAchievements writes the achievements of a batch that are not there yet.
func (r *run) mergeAchievements(waiting []pendingAchievement) error {
	stored := map[[16]byte]bool{}
	if r.some["achievements"] {
		keys := make([]any, len(waiting))
		for i := range waiting {
			keys[i] = waiting[i].key[:]
		}
		err := r.find("SELECT import_key FROM achievements WHERE import_key", keys, func(row *store.Row) error {
			key, _ := row.Hash16(0)
			stored[key] = true
			return nil
		})
		if err != nil {
			return err
		}
	}
	added := waiting[:0]
	for _, a := range waiting {
		switch {
		case stored[a.key]:
			r.files[achievements].Unchanged++
		case r.sealedFor(a.official, r.day(a.At.UnixMicro())):
			r.fault(a.at, achievementAt, []byte(a.time), YearSealed)
		default:
			added = append(added, a)
		}
	}
	r.files[achievements].Inserted += int64(len(added))
	row := make([]any, 6)
	return r.load("achievements", "id official_id kind at title import_key", len(added), func(i int) []any {
		a := &added[i]
		row[0], row[1], row[2], row[3], row[4], row[5] = a.ID, a.OfficialID, string(a.Kind), a.At, a.Title, a.key[:]
		return row
	})
}
