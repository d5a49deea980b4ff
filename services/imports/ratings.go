package imports

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"

	"steelyard/auth/keyring"
	"steelyard/models"
	"steelyard/store"
)

// The columns of ratings.csv.
const (
	ratingEncounter = iota
	ratingLevel
	ratingAt
	ratingComment
	ratingTags
)

// rating is a row of ratings.csv with what it takes over from its encounter.
type rating struct {
	imprint   imprint
	at        place
	n         int32 // the encounter's number in the folder; none: it is looked up
	bad       bool
	keyed     bool // the row names an encounter
	encounter string
	time      string // as the file has it
	micros    int64  // or noTime
	level     int8
	comment   *string
	tags      string // JSON

	of        *encounter // nil: not found
	known     []byte     // its resident's stored key, where the folder does not hold it
	on        models.Date
	rater     resident
	importKey [16]byte
	id        models.ID
	stored    bool
}

func (t *rating) order() (imprint, int32) { return t.imprint, t.at.line }

// claims are the encounters that ratings of this run use up.
type claims struct {
	elsewhere []models.ID // encounters that the folder does not hold
}

func (r *run) readRatings() error {
	var used claims
	err := shuffled(r, ratings, []int{ratingEncounter}, r.rating, func(held []*rating) error {
		return r.mergeRatings(held, &used)
	})
	if err != nil {
		return err
	}
	if err := r.addTotals(); err != nil {
		return err
	}
	return r.claim(&used)
}

func (r *run) rating(w *row) (*rating, error) {
	t := &rating{
		imprint: r.imprint(w.values[ratingEncounter].text), at: w.at, n: none, keyed: w.values[ratingEncounter].filled,
		encounter: w.text(ratingEncounter), time: w.text(ratingAt), micros: w.values[ratingAt].orNoTime(),
		level: int8(w.values[ratingLevel].n), tags: "[]",
	}
	if w.values[ratingComment].filled {
		text := w.text(ratingComment)
		t.comment = &text
	}
	if w.values[ratingTags].filled {
		text, err := json.Marshal(splitTags(w.values[ratingTags].text))
		if err != nil {
			return nil, err
		}
		t.tags = string(text)
	}
	if n, here := r.encounters.index[t.imprint]; here && t.keyed {
		t.n = n
		if r.encounters.at(n).bad {
			w.dependent(ratingEncounter)
		}
	}
	t.bad = w.bad
	return t, nil
}

// reject notes a fault of a rating that has already left its row.
func (r *run) reject(t *rating, column int, value string, kind Kind) {
	t.bad = true
	r.fault(t.at, column, []byte(value), kind)
}

// mergeRatings writes a share of the ratings: those that are new, in the order
// of their random ids.
func (r *run) mergeRatings(held []*rating, used *claims) error {
	for i, t := range held {
		if i > 0 && t.keyed && held[i-1].imprint == t.imprint {
			r.reject(t, ratingEncounter, t.encounter, DuplicateID)
		}
	}
	for chunk := range slices.Chunk(held, batch) {
		if err := r.matchRatings(chunk); err != nil {
			return err
		}
	}
	var added []*rating
	for _, t := range held {
		if t.bad || t.stored {
			continue
		}
		added = append(added, t)
		r.totals.add(r.rank[t.of.official], t.on, t.level)
		if t.of.rated = true; t.n == none {
			used.elsewhere = append(used.elsewhere, t.of.id)
		}
	}
	r.files[ratings].Inserted += int64(len(added))
	for i, id := range randomIDs(len(added)) {
		added[i].id = id
	}
	return r.loadRatings(added)
}

func (r *run) loadRatings(added []*rating) error {
	row := make([]any, 14)
	return r.load("ratings", `id official_id service_id channel level rated_on rater_key key_year source invited
		dimensions tags comment import_key`, len(added), func(i int) []any {
		t := added[i]
		row[0], row[1], row[2] = t.id, r.officials[t.of.official].ID, r.services[t.of.service].ID
		row[3], row[4], row[5] = string(models.Channels[t.of.channel]), int64(t.level), t.on
		row[6], row[7] = hashOrNil(t.rater), int64(t.rater.year)
		row[8], row[9] = string(models.RatingSourceEncounter), string(said(t.of.invited))
		row[10], row[11], row[12], row[13] = "[]", t.tags, textOrNil(t.comment), t.importKey[:]
		return row
	})
}

func textOrNil(text *string) any {
	if text == nil {
		return nil
	}
	return *text
}

// matchRatings finds the encounters and the stored ratings of a batch.
func (r *run) matchRatings(chunk []*rating) error {
	if err := r.matchEncounters(chunk); err != nil {
		return err
	}
	for _, t := range chunk {
		if err := r.deriveRating(t); err != nil {
			return err
		}
	}
	if err := r.matchStored(chunk); err != nil {
		return err
	}
	return r.matchClaims(chunk)
}

// matchEncounters fills in the encounters, and looks up those that the folder
// does not hold.
func (r *run) matchEncounters(chunk []*rating) error {
	var missing []any
	for _, t := range chunk {
		if t.n != none {
			t.of = r.encounters.at(t.n)
		} else if t.keyed {
			missing = append(missing, t.encounter)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	found, err := r.findEncounters(missing)
	if err != nil {
		return err
	}
	for _, t := range chunk {
		if t.n != none || !t.keyed {
			continue
		}
		was, known := found[t.encounter]
		if !known {
			r.reject(t, ratingEncounter, t.encounter, DanglingReference)
			continue
		}
		if t.of, t.known = r.recalled(was), was.resident; t.of == nil {
			// Somebody is adding to the organisation meanwhile.
			return &models.Error{Code: models.CodeConflict, Key: models.KeyImportRaced}
		}
	}
	return nil
}

// recalled is a stored encounter in the numbers of this run.
func (r *run) recalled(was storedEncounter) *encounter {
	official, known := r.officialByID[was.official]
	service, served := r.serviceByID[was.service]
	if !known || !served {
		return nil
	}
	return &encounter{
		id: was.id, at: was.at, who: none, official: official, service: service,
		channel: int8(slices.Index(models.Channels, models.Channel(was.channel))),
		invited: int8(slices.Index(models.Answers, models.Answer(was.invited))),
	}
}

// deriveRating computes the day and the keys.
func (r *run) deriveRating(t *rating) error {
	if t.of == nil || t.micros == noTime {
		return nil
	}
	t.on = r.day(t.micros)
	if t.micros < t.of.at {
		r.reject(t, ratingAt, t.time, ImpossibleTime)
	}
	if t.bad {
		return nil
	}
	year := t.on.Year()
	hasher, err := r.keys.of(year)
	if err != nil {
		return err
	}
	if hasher == nil {
		r.reject(t, ratingAt, t.time, YearSealed)
		return nil
	}
	r.keys.used[year] = true
	if r.onlyChecks("ratings") {
		return nil
	}
	t.importKey = hasher.RatingImport(t.encounter)
	t.rater = r.raterOf(t, hasher, year)
	return nil
}

// raterOf is who gave a rating. The resident is hashed with the key of the
// rating's year, so that all ratings of a year know their raters again; where
// only the encounter's stored key is known it serves, as it does for a rating
// that is handed in here. In one calendar year both come to the same.
func (r *run) raterOf(t *rating, hasher *keyring.Hasher, year int) resident {
	switch {
	case t.of.who != none:
		return resident{r.encounters.people[t.of.who].rater(hasher), int16(year)}
	case len(t.known) == len(resident{}.key):
		return resident{hasher.RaterOf([16]byte(t.known)), int16(year)}
	}
	return resident{}
}

// storedRating is a rating as the database has it.
type storedRating struct {
	id, official, service        models.ID
	level                        int8
	on                           models.Date
	hasComment                   bool
	comment, tags, channel, said string
	rater                        []byte
}

// matchStored finds the ratings that an earlier import has brought.
func (r *run) matchStored(chunk []*rating) error {
	if !r.some["ratings"] {
		return nil
	}
	keys, byKey := []any{}, map[[16]byte]*rating{}
	for _, t := range chunk {
		if !t.bad {
			keys, byKey[t.importKey] = append(keys, t.importKey[:]), t
		}
	}
	found := map[*rating]storedRating{}
	err := r.find(`SELECT import_key, id, official_id, service_id, level, rated_on, comment, tags, channel, invited, rater_key
		FROM ratings WHERE import_key`, keys, func(row *store.Row) error {
		key, _ := row.Hash16(0)
		found[byKey[key]] = storedRating{
			row.ID(1), row.ID(2), row.ID(3), int8(row.Int(4)), row.Date(5), !row.Null(6), row.Text(6), row.Text(7),
			row.Text(8), row.Text(9), bytes.Clone(row.Bytes(10)),
		}
		return nil
	})
	if err != nil {
		return err
	}
	for t, was := range found {
		if err := r.matchOne(t, was); err != nil {
			return err
		}
	}
	return nil
}

// matchOne compares a rating with itself as it is stored. It never changes; but
// where its encounter was put right, it goes where the encounter went.
func (r *run) matchOne(t *rating, was storedRating) error {
	t.stored, t.id = true, was.id
	text := ""
	if t.comment != nil {
		text = *t.comment
	}
	if t.level != was.level || t.on != was.on || text != was.comment || (t.comment != nil) != was.hasComment || t.tags != was.tags {
		r.reject(t, ratingEncounter, t.encounter, Changed)
		return nil
	}
	var c changes
	official, service := r.officials[t.of.official].ID, r.services[t.of.service].ID
	c.compare(official != was.official, "official_id", official)
	c.compare(service != was.service, "service_id", service)
	c.compare(string(models.Channels[t.of.channel]) != was.channel, "channel", string(models.Channels[t.of.channel]))
	c.compare(string(said(t.of.invited)) != was.said, "invited", string(said(t.of.invited)))
	if t.n != none && !bytes.Equal(t.rater.hash(), was.rater) {
		c.compare(true, "rater_key", hashOrNil(t.rater))
		c.compare(true, "key_year", int(t.rater.year))
	}
	if len(c) == 0 {
		r.files[ratings].Unchanged++
		return nil
	}
	if r.sealedFor(t.of.official, t.on) || r.sealedFor(r.numberOf(was.official), t.on) {
		r.reject(t, ratingAt, t.time, YearSealed)
		return nil
	}
	r.files[ratings].Updated++
	if r.tx == nil {
		return nil
	}
	if official != was.official {
		column := "level" + strconv.Itoa(int(t.level))
		err := r.tx.Exec("UPDATE rating_totals SET "+column+" = "+column+" - 1 WHERE official_id = ? AND rated_on = ?", was.official, t.on).Error
		if err != nil {
			return err
		}
		r.totals.add(r.rank[t.of.official], t.on, t.level)
	}
	// The encounter's own entry in the audit trail says why; one here would tell
	// which rating is the encounter's.
	values := map[string]any{}
	for _, change := range c {
		values[change.column] = change.value
	}
	return r.tx.Table("ratings").Where("id = ?", was.id).UpdateColumns(values).Error
}

// matchClaims finds encounters that have been rated, but not by this row: here,
// or by a row that was imported with a day in another year.
func (r *run) matchClaims(chunk []*rating) error {
	keys, byKey := []any{}, map[models.ID]*rating{}
	for _, t := range chunk {
		switch {
		case t.bad || t.stored:
		case r.sealedFor(t.of.official, t.on):
			r.reject(t, ratingAt, t.time, YearSealed)
		case r.some["encounter_claims"]:
			keys, byKey[t.of.id] = append(keys, t.of.id), t
		}
	}
	return r.find("SELECT encounter_id FROM encounter_claims WHERE encounter_id", keys, func(row *store.Row) error {
		if t := byKey[row.ID(0)]; !t.bad { // a key may be asked for twice
			r.reject(t, ratingEncounter, t.encounter, Changed)
		}
		return nil
	})
}

// claim writes the ledger of rated encounters in the encounters' own order, in
// which there is no trace of the ratings'.
func (r *run) claim(used *claims) error {
	ids := used.elsewhere
	for n := range r.encounters.n {
		if e := r.encounters.at(n); e.rated {
			ids = append(ids, e.id)
		}
	}
	slices.SortFunc(ids, func(a, b models.ID) int { return bytes.Compare(a[:], b[:]) })
	row := make([]any, 1)
	return r.load("encounter_claims", "encounter_id", len(ids), func(i int) []any {
		row[0] = ids[i]
		return row
	})
}
