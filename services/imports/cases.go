package imports

import (
	"bytes"
	"time"

	"steelyard/auth/keyring"
	"steelyard/models"
	"steelyard/store"
)

// The columns of cases.csv.
const (
	caseID = iota
	caseCategory
	caseOfficial
	caseUnit
	caseResident
	caseChannel
	caseOpened
	caseDue
	caseClosed
	caseOutcome
	caseAsked
	caseConfirmed
	caseSatisfaction
	caseTransfers
	caseReopened
	caseTitle
	caseDescription
)

// caseEntry is what events need to know of a case.
type caseEntry struct {
	id       models.ID
	opened   int64 // microseconds
	unit     int32
	official int32
	seq      int32 // of its last event; unknownSeq until the case is settled
	bad      bool
	lived    bool // it has lived on here, as far as is settled
}

// unknownSeq marks a stored case of which nothing is settled yet.
const unknownSeq = -1

// caseTable holds the cases of the folder, and those that its events refer to, by
// the imprint of their id. A case takes some 90 bytes.
type caseTable struct {
	index map[imprint]int32
	list  []caseEntry
}

// pendingCase waits for its batch.
type pendingCase struct {
	models.Case
	at place
	n  int32
}

func (r *run) readCases() error {
	r.cases = caseTable{index: map[imprint]int32{}}
	waiting := make([]pendingCase, 0, batch)
	flush := func() error {
		err := r.mergeCases(waiting)
		waiting = make([]pendingCase, 0, batch)
		return err
	}
	err := r.each(cases, 0, nil, func(w *row) error {
		c, err := w.caseRecord()
		if err != nil {
			return err
		}
		key := r.imprint(w.values[caseID].text)
		if _, twice := r.cases.index[key]; twice && w.values[caseID].filled {
			w.fault(caseID, DuplicateID)
			return nil
		}
		c.entry.bad = w.bad
		n := int32(len(r.cases.list))
		r.cases.index[key] = n
		r.cases.list = append(r.cases.list, c.entry)
		if w.bad {
			return nil
		}
		waiting = append(waiting, pendingCase{c.Case, w.at, n})
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

// readCase is a row of cases.csv.
type readCase struct {
	models.Case
	entry caseEntry
}

func (w *row) caseRecord() (c readCase, err error) {
	w.ordered(caseOpened, caseDue, false)
	w.ordered(caseOpened, caseClosed, false)
	c.entry = caseEntry{
		id: models.NewID(), opened: w.values[caseOpened].orNoTime(), unit: w.unit(caseUnit), official: w.official(caseOfficial),
	}
	who, err := w.person(caseResident, caseOpened, (*keyring.Hasher).Resident)
	if err != nil || w.bad {
		return c, err
	}
	c.Case = models.Case{
		ID: c.entry.id, Ref: w.text(caseID), Category: w.text(caseCategory), UnitID: w.run.units[c.entry.unit].id,
		ResidentKey: who.hash(), KeyYear: int(who.year), Channel: models.Channels[w.values[caseChannel].n],
		Title: w.text(caseTitle), Description: w.text(caseDescription), OpenedAt: instant(c.entry.opened),
		DueAt: w.instant(caseDue), ClosedAt: w.instant(caseClosed),
		Asked: said(w.answer(caseAsked)), Confirmed: said(w.answer(caseConfirmed)),
		Transfers: int(w.values[caseTransfers].n), Reopened: int(w.values[caseReopened].n),
	}
	if c.entry.official != none {
		c.OfficialID = &w.run.officials[c.entry.official].ID
	}
	if w.values[caseOutcome].filled {
		c.Outcome = models.CaseOutcomes[w.values[caseOutcome].n]
	}
	if w.values[caseSatisfaction].filled {
		mark := int(w.values[caseSatisfaction].n)
		c.Satisfaction = &mark
	}
	c.State = models.ImportedCaseState(c.Outcome, c.Confirmed)
	return c, nil
}

// instant is a cell's instant, nil where it is empty.
func (w *row) instant(column int) *time.Time {
	if !w.values[column].filled {
		return nil
	}
	t := instant(w.values[column].micros)
	return &t
}

// findCases reads cases as far as the format knows them.
func (r *run) findCases(refs []any) (map[string]*models.Case, error) {
	found := map[string]*models.Case{}
	if !r.some["cases"] {
		return found, nil
	}
	err := r.find(`SELECT ref, id, category, unit_id, official_id, resident_key, channel, title, description, opened_at, due_at,
		closed_at, outcome, asked, confirmed, satisfaction, transfers, reopened FROM cases WHERE ref`, refs, func(row *store.Row) error {
		c := &models.Case{
			Ref: row.Text(0), ID: row.ID(1), Category: row.Text(2), UnitID: row.ID(3), ResidentKey: bytes.Clone(row.Bytes(5)),
			Channel: models.Channel(row.Text(6)), Title: row.Text(7), Description: row.Text(8),
			DueAt: instantOf(row, 10), ClosedAt: instantOf(row, 11), Outcome: models.CaseOutcome(row.Text(12)),
			Asked: models.Answer(row.Text(13)), Confirmed: models.Answer(row.Text(14)),
			Transfers: int(row.Int(16)), Reopened: int(row.Int(17)),
		}
		if opened := instantOf(row, 9); opened != nil {
			c.OpenedAt = *opened
		}
		if !row.Null(4) {
			id := row.ID(4)
			c.OfficialID = &id
		}
		if !row.Null(15) {
			mark := int(row.Int(15))
			c.Satisfaction = &mark
		}
		found[c.Ref] = c
		return nil
	})
	return found, err
}

func instantOf(row *store.Row, i int) *time.Time {
	at, known := row.Micros(i)
	if !known {
		return nil
	}
	t := instant(at)
	return &t
}

// changedCase is a case whose row says otherwise than what is stored.
type changedCase struct {
	pendingCase
	was *models.Case
	changes
}

// mergeCases writes a batch: what is new, and what has changed.
func (r *run) mergeCases(waiting []pendingCase) error {
	refs := make([]any, len(waiting))
	for i := range waiting {
		refs[i] = waiting[i].Ref
	}
	stored, err := r.findCases(refs)
	if err != nil {
		return err
	}
	added := waiting[:0]
	var changed []changedCase
	for _, p := range waiting {
		entry := &r.cases.list[p.n]
		was := stored[p.Ref]
		if was == nil {
			if !r.rejectSealed(&p, nil) {
				added = append(added, p)
			}
			continue
		}
		entry.id, entry.seq = was.ID, unknownSeq
		if c := caseChanges(&p.Case, was); len(c) > 0 {
			changed = append(changed, changedCase{p, was, c})
			continue
		}
		r.files[cases].Unchanged++
	}
	r.files[cases].Inserted += int64(len(added))
	if err := r.loadCases(added); err != nil {
		return err
	}
	return r.updateCases(changed)
}

// updateCases writes what has changed, except where a case has lived on here: no
// row of another system may undo what was done since. A step that was taken
// after the case was read has left an event too, so what is not settled as lived
// on is still what was read.
func (r *run) updateCases(changed []changedCase) error {
	entries := make([]*caseEntry, len(changed))
	for i := range changed {
		entries[i] = &r.cases.list[changed[i].n]
	}
	if err := r.settle(entries); err != nil {
		return err
	}
	for i := range changed {
		p := &changed[i]
		if entries[i].lived {
			r.keep(cases)
			continue
		}
		if r.rejectSealed(&p.pendingCase, p.was) {
			continue
		}
		r.files[cases].Updated++
		p.compare(true, "updated_at", r.s.Store.Now())
		if err := r.update("cases", "Case", p.was.ID, p.changes); err != nil {
			return err
		}
	}
	return nil
}

// settle finds out of stored cases whether they have lived on here, which an
// event with an actor says, and where their histories end. The loading run locks
// them before it looks: nobody takes a step on them until it has ended.
func (r *run) settle(entries []*caseEntry) error {
	ids, byID := []any{}, map[models.ID]*caseEntry{}
	for _, e := range entries {
		if e.seq == unknownSeq && byID[e.id] == nil {
			ids, byID[e.id] = append(ids, e.id), e
		}
	}
	if r.tx != nil {
		locked := func(*store.Row) error { return nil }
		if err := r.findAnd("SELECT id FROM cases WHERE id", r.tx.Dialect().ForUpdate(), ids, locked); err != nil {
			return err
		}
	}
	// A statement of its own, since one that has waited for a lock does not see
	// what was written into other tables meanwhile.
	return r.find(`SELECT id, (SELECT MAX(seq) FROM case_events WHERE case_id = cases.id),
		EXISTS (SELECT 1 FROM case_events WHERE case_id = cases.id AND actor <> '') FROM cases WHERE id`, ids, func(row *store.Row) error {
		e := byID[row.ID(0)]
		e.seq, e.lived = int32(row.Int(1)), row.Bool(2)
		return nil
	})
}

// keep counts a row that says otherwise than what is stored and is left out,
// since its case has lived on here.
func (r *run) keep(f uint8) {
	r.files[f].Unchanged++
	r.files[f].Kept++
}

// rejectSealed notes a fault where a case would change what is sealed.
func (r *run) rejectSealed(p *pendingCase, was *models.Case) bool {
	entry := &r.cases.list[p.n]
	if !r.sealedCase(entry, &p.Case, was) {
		return false
	}
	entry.bad = true
	r.fault(p.at, caseOpened, []byte(p.OpenedAt.In(r.s.Zone).Format(time.RFC3339)), YearSealed)
	return true
}

// sealedCase says whether a case would change what a sealed period saw: as a new
// one by the days on which it was opened and closed; a known one, which may go on
// after the period, by the day on which it was or is closed.
func (r *run) sealedCase(entry *caseEntry, c, was *models.Case) bool {
	var days []models.Date
	if was == nil {
		days = append(days, r.day(entry.opened))
	} else if was.ClosedAt != nil {
		days = append(days, models.DateOf(*was.ClosedAt, r.keys.zone))
	}
	if c.ClosedAt != nil {
		days = append(days, models.DateOf(*c.ClosedAt, r.keys.zone))
	}
	for _, day := range days {
		if r.sealed(entry.unit, day) || r.sealedFor(entry.official, day) {
			return true
		}
	}
	return false
}

func (r *run) loadCases(added []pendingCase) error {
	now := r.s.Store.Now()
	row := make([]any, 22)
	return r.load("cases", `id ref category unit_id official_id resident_key key_year channel state title description opened_at
		due_at closed_at outcome asked confirmed satisfaction transfers reopened upheld updated_at`, len(added), func(i int) []any {
		c := &added[i].Case
		row[0], row[1], row[2], row[3], row[4] = c.ID, c.Ref, c.Category, c.UnitID, orNil(c.OfficialID)
		row[5], row[6], row[7], row[8] = keyOrNil(c.ResidentKey), int64(c.KeyYear), string(c.Channel), string(c.State)
		row[9], row[10], row[11], row[12], row[13] = c.Title, c.Description, c.OpenedAt, orNil(c.DueAt), orNil(c.ClosedAt)
		row[14], row[15], row[16], row[17] = string(c.Outcome), string(c.Asked), string(c.Confirmed), orNil(c.Satisfaction)
		row[18], row[19], row[20], row[21] = int64(c.Transfers), int64(c.Reopened), false, now
		return row
	})
}

// orNil is a value as a column holds it: NULL where there is none.
func orNil[T any](v *T) any {
	if v == nil {
		return nil
	}
	return *v
}

func keyOrNil(h models.Hash) any {
	if h == nil {
		return nil
	}
	return h
}

// caseChanges compares a case with itself as it is stored. The state follows
// where what implies it has changed.
func caseChanges(c, was *models.Case) changes {
	var out changes
	out.compare(c.Category != was.Category, "category", c.Category)
	out.compare(c.UnitID != was.UnitID, "unit_id", c.UnitID)
	out.compare(!same(c.OfficialID, was.OfficialID), "official_id", orNil(c.OfficialID))
	if !bytes.Equal(c.ResidentKey, was.ResidentKey) {
		out.compare(true, "resident_key", keyOrNil(c.ResidentKey))
		out.compare(true, "key_year", c.KeyYear)
	}
	out.compare(c.Channel != was.Channel, "channel", c.Channel)
	out.compare(c.Title != was.Title, "title", c.Title)
	out.compare(c.Description != was.Description, "description", c.Description)
	out.compare(!c.OpenedAt.Equal(was.OpenedAt), "opened_at", c.OpenedAt)
	out.compare(!sameInstant(c.DueAt, was.DueAt), "due_at", orNil(c.DueAt))
	out.compare(!sameInstant(c.ClosedAt, was.ClosedAt), "closed_at", orNil(c.ClosedAt))
	out.compare(c.Outcome != was.Outcome, "outcome", c.Outcome)
	out.compare(c.Asked != was.Asked, "asked", c.Asked)
	out.compare(c.Confirmed != was.Confirmed, "confirmed", c.Confirmed)
	out.compare(!same(c.Satisfaction, was.Satisfaction), "satisfaction", orNil(c.Satisfaction))
	out.compare(c.Transfers != was.Transfers, "transfers", c.Transfers)
	out.compare(c.Reopened != was.Reopened, "reopened", c.Reopened)
	out.compare(c.Outcome != was.Outcome || c.Confirmed != was.Confirmed, "state", c.State)
	return out
}

func same[T comparable](a, b *T) bool { return a == b || a != nil && b != nil && *a == *b }

func sameInstant(a, b *time.Time) bool { return a == b || a != nil && b != nil && a.Equal(*b) }
