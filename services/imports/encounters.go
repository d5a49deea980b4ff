package imports

import (
	"bytes"
	"math"
	"time"

	"steelyard/auth/keyring"
	"steelyard/models"
	"steelyard/store"
)

// The columns of encounters.csv.
const (
	encounterID = iota
	encounterOfficial
	encounterService
	encounterResident
	encounterChannel
	encounterAt
	encounterInvited
)

// resident is a person's keyed hash with the year of its key; year 0 is nobody.
type resident struct {
	key  [16]byte
	year int16
}

func (p resident) hash() models.Hash {
	if p.year == 0 {
		return nil
	}
	return p.key[:]
}

// person hashes the reference in a column under the key of the year of another
// column's instant.
func (w *row) person(column, at int, with func(h *keyring.Hasher, ref string) [16]byte) (resident, error) {
	if !w.values[column].filled || !w.values[at].filled {
		return resident{}, nil
	}
	hasher, year, err := w.hasher(at)
	if hasher == nil {
		return resident{}, err
	}
	return resident{with(hasher, string(w.values[column].text)), int16(year)}, nil
}

// encounter is what ratings need to know of an encounter: 40 bytes.
type encounter struct {
	id                models.ID
	at                int64 // microseconds, or noTime
	who               int32 // the resident's number, or none
	official, service int32
	channel, invited  int8 // place in the list of words; invited -1: unknown
	bad, rated        bool
}

// encounterTable holds the encounters of the folder by the imprint of their id, in
// the order of the file; with its index an encounter takes some 90 bytes. The
// references of their residents stand beside it, at some 150 bytes for each
// resident: a rating is hashed with the key of its own year, which may be another
// than the encounter's.
type encounterTable struct {
	index map[imprint]int32
	parts [][]encounter // full ones but the last: growing copies nothing
	n     int32

	residents map[imprint]int32
	people    []person // the residents, by number
}

// person is a resident with what became of the reference under the keys that it was hashed
// with last: most residents come often, and hashing is dear.
type person struct {
	ref            string
	with, ratesBy  *keyring.Hasher
	hash, rateHash [16]byte
}

// key is the resident's hash.
func (p *person) key(h *keyring.Hasher) [16]byte {
	if p.with != h {
		p.with, p.hash = h, h.Resident(p.ref)
	}
	return p.hash
}

// rater is the hash that the resident's ratings get.
func (p *person) rater(h *keyring.Hasher) [16]byte {
	if p.ratesBy != h {
		p.ratesBy, p.rateHash = h, h.RaterOf(p.key(h))
	}
	return p.rateHash
}

// residentNumber numbers a resident.
func (w *row) residentNumber(column int) int32 {
	v, t := &w.values[column], &w.run.encounters
	if !v.filled {
		return none
	}
	key := w.run.imprint(v.text)
	n, known := t.residents[key]
	if !known {
		n = int32(len(t.people))
		t.people = append(t.people, person{ref: string(v.text)})
		t.residents[key] = n
	}
	return n
}

const encountersAPart = 1 << 14

func (t *encounterTable) at(n int32) *encounter {
	return &t.parts[n/encountersAPart][n%encountersAPart]
}

func (t *encounterTable) add(key imprint, e encounter) int32 {
	n := t.n
	if n%encountersAPart == 0 {
		t.parts = append(t.parts, make([]encounter, 0, encountersAPart))
	}
	last := &t.parts[len(t.parts)-1]
	*last = append(*last, e)
	t.index[key] = n
	t.n++
	return n
}

// noTime is an instant that is not known.
const noTime = math.MinInt64

func (v *value) orNoTime() int64 {
	if v.filled {
		return v.micros
	}
	return noTime
}

// pendingEncounter waits for its batch.
type pendingEncounter struct {
	ref string
	at  place
	*encounter
	day      models.Date
	resident resident
	time     string // as the file has it
}

func (r *run) readEncounters() error {
	r.encounters = encounterTable{index: map[imprint]int32{}, residents: map[imprint]int32{}}
	waiting := make([]pendingEncounter, 0, batch)
	flush := func() error {
		err := r.mergeEncounters(waiting)
		waiting = make([]pendingEncounter, 0, batch)
		return err
	}
	err := r.each(encounters, 0, nil, func(w *row) error {
		n := w.residentNumber(encounterResident)
		who, err := w.resident(n)
		if err != nil {
			return err
		}
		e := w.encounter(n)
		key := r.imprint(w.values[encounterID].text)
		if _, twice := r.encounters.index[key]; twice && w.values[encounterID].filled {
			w.fault(encounterID, DuplicateID)
			return nil
		}
		e.bad = w.bad
		kept := r.encounters.at(r.encounters.add(key, e))
		if w.bad {
			return nil
		}
		waiting = append(waiting, pendingEncounter{w.text(encounterID), w.at, kept, r.day(e.at), who, w.text(encounterAt)})
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

// resident hashes the resident of a number under the key of the encounter's year.
func (w *row) resident(n int32) (resident, error) {
	if n == none || !w.values[encounterAt].filled {
		return resident{}, nil
	}
	hasher, year, err := w.hasher(encounterAt)
	if hasher == nil {
		return resident{}, err
	}
	who := resident{year: int16(year)}
	if !w.run.onlyChecks("encounters") {
		who.key = w.run.encounters.people[n].key(hasher)
	}
	return who, nil
}

func (w *row) encounter(who int32) encounter {
	return encounter{
		id: models.NewID(), at: w.values[encounterAt].orNoTime(), who: who,
		official: w.official(encounterOfficial), service: w.service(encounterService),
		channel: int8(w.values[encounterChannel].n), invited: w.answer(encounterInvited),
	}
}

// answer is a cell's place among the answers, -1 where it is empty.
func (w *row) answer(column int) int8 {
	if !w.values[column].filled {
		return -1
	}
	return int8(w.values[column].n)
}

// said turns an answer's place back into the answer.
func said(answer int8) models.Answer {
	if answer < 0 {
		return models.AnswerUnknown
	}
	return models.Answers[answer]
}

func instant(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

// storedEncounter is an encounter as the database has it.
type storedEncounter struct {
	id, official, service models.ID
	resident              []byte
	channel, invited      string
	at                    int64
}

func (r *run) findEncounters(refs []any) (map[string]storedEncounter, error) {
	found := map[string]storedEncounter{}
	if !r.some["encounters"] {
		return found, nil
	}
	err := r.find(`SELECT ref, id, official_id, service_id, resident_key, channel, occurred_at, invited
		FROM encounters WHERE ref`, refs, func(row *store.Row) error {
		at, _ := row.Micros(6)
		found[row.Text(0)] = storedEncounter{
			row.ID(1), row.ID(2), row.ID(3), bytes.Clone(row.Bytes(4)), row.Text(5), row.Text(7), at,
		}
		return nil
	})
	return found, err
}

// mergeEncounters writes a batch: what is new, and what has changed.
func (r *run) mergeEncounters(waiting []pendingEncounter) error {
	refs := make([]any, len(waiting))
	for i, p := range waiting {
		refs[i] = p.ref
	}
	stored, err := r.findEncounters(refs)
	if err != nil {
		return err
	}
	added := waiting[:0]
	for _, p := range waiting {
		e := p.encounter
		was, known := stored[p.ref]
		var c changes
		if known {
			e.id = was.id
			c = r.encounterChanges(e, p.resident, was)
			if len(c) == 0 {
				r.files[encounters].Unchanged++
				continue
			}
		}
		if r.sealedFor(e.official, p.day) || known && r.sealedFor(r.numberOf(was.official), r.day(was.at)) {
			e.bad = true
			r.fault(p.at, encounterAt, []byte(p.time), YearSealed)
			continue
		}
		if !known {
			added = append(added, p)
			continue
		}
		r.files[encounters].Updated++
		if err := r.update("encounters", "Encounter", e.id, c); err != nil {
			return err
		}
	}
	r.files[encounters].Inserted += int64(len(added))
	row := make([]any, 9)
	return r.load("encounters", "id ref official_id service_id resident_key key_year channel occurred_at invited", len(added),
		func(i int) []any {
			p := &added[i]
			row[0], row[1], row[2], row[3] = p.id, p.ref, r.officials[p.official].ID, r.services[p.service].ID
			row[4], row[5], row[6] = hashOrNil(p.resident), int64(p.resident.year), string(models.Channels[p.channel])
			row[7], row[8] = instant(p.encounter.at), string(said(p.invited))
			return row
		})
}

// hashOrNil is a hash as a column holds it: NULL where there is nobody.
func hashOrNil(p resident) any {
	if p.year == 0 {
		return nil
	}
	return p.key[:]
}

func (r *run) encounterChanges(e *encounter, who resident, was storedEncounter) changes {
	var c changes
	official, service := r.officials[e.official].ID, r.services[e.service].ID
	c.compare(official != was.official, "official_id", official)
	c.compare(service != was.service, "service_id", service)
	if !bytes.Equal(who.hash(), was.resident) {
		c.compare(true, "resident_key", hashOrNil(who))
		c.compare(true, "key_year", int(who.year))
	}
	channel := string(models.Channels[e.channel])
	c.compare(channel != was.channel, "channel", channel)
	c.compare(e.at != was.at, "occurred_at", instant(e.at))
	invited := string(said(e.invited))
	c.compare(invited != was.invited, "invited", invited)
	return c
}
