package imports

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strconv"

	"steelyard/models"
	"steelyard/store"
)

// The columns of case_events.csv.
const (
	eventCase = iota
	eventAt
	eventKind
	eventFrom
	eventTo
	eventUnit
	eventNote
)

// pendingEvent waits for its batch. The case is known once its number is.
type pendingEvent struct {
	at             place
	n              int32
	caseRef        string
	seq            int32
	micros         int64
	time           string
	kind           models.CaseEventKind
	from, to, unit int32
	note           string
	importKey      [16]byte
}

// occurrences counts equal rows of a folder, by the hash of all their columns,
// so that each of them is a row of its own and still known again. A row takes
// some 35 bytes.
type occurrences map[[16]byte]uint32

// key is the import key of the next row with these columns.
func (o occurrences) key(kind string, columns ...string) [16]byte {
	b := append([]byte("steelyard import v1\x00"), kind...)
	for _, c := range columns {
		b = binary.BigEndian.AppendUint32(b, uint32(len(c)))
		b = append(b, c...)
	}
	sum := sha256.Sum256(b)
	row := [16]byte(sum[:16])
	o[row]++
	sum = sha256.Sum256(binary.BigEndian.AppendUint32(b, o[row]))
	return [16]byte(sum[:16])
}

func (r *run) readCaseEvents() error {
	seen := occurrences{}
	waiting := make([]pendingEvent, 0, batch)
	flush := func() error {
		err := r.mergeCaseEvents(waiting)
		waiting = make([]pendingEvent, 0, batch)
		return err
	}
	err := r.each(caseEvents, 0, nil, func(w *row) error {
		e := pendingEvent{
			at: w.at, n: none, caseRef: w.text(eventCase), micros: w.values[eventAt].orNoTime(), time: w.text(eventAt),
			from: w.official(eventFrom), to: w.official(eventTo), unit: w.unit(eventUnit), note: w.text(eventNote),
		}
		if n, here := r.cases.index[r.imprint(w.values[eventCase].text)]; here && e.caseRef != "" {
			e.n = n
			if r.cases.list[n].bad {
				w.dependent(eventCase)
			}
			if e.micros != noTime && e.micros < r.cases.list[n].opened {
				w.fault(eventAt, ImpossibleTime)
			}
		} else if !r.some["cases"] && e.caseRef != "" {
			w.fault(eventCase, DanglingReference)
		}
		if w.bad {
			return nil
		}
		e.kind = models.ImportedEventKinds[w.values[eventKind].n]
		e.importKey = seen.key("case_events", e.caseRef, strconv.FormatInt(e.micros, 10), string(e.kind),
			w.text(eventFrom), w.text(eventTo), w.text(eventUnit), e.note)
		waiting = append(waiting, e)
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

// recallCases looks up the cases that the folder does not hold.
func (r *run) recallCases(waiting []pendingEvent) error {
	var missing []any
	for i := range waiting {
		if e := &waiting[i]; e.n == none {
			missing = append(missing, e.caseRef)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	found, err := r.findCases(missing)
	if err != nil {
		return err
	}
	for ref, c := range found {
		key := r.imprint([]byte(ref))
		entry := caseEntry{id: c.ID, opened: c.OpenedAt.UnixMicro(), unit: r.unitByID[c.UnitID], official: none, seq: unknownSeq}
		if c.OfficialID != nil {
			entry.official = r.numberOf(*c.OfficialID)
		}
		r.cases.index[key] = int32(len(r.cases.list))
		r.cases.list = append(r.cases.list, entry)
	}
	return nil
}

// mergeCaseEvents writes the events of a batch that are not there yet.
func (r *run) mergeCaseEvents(waiting []pendingEvent) error {
	if err := r.recallCases(waiting); err != nil {
		return err
	}
	stored := map[[16]byte]bool{}
	if r.some["case_events"] {
		keys := make([]any, len(waiting))
		for i := range waiting {
			keys[i] = waiting[i].importKey[:]
		}
		err := r.find("SELECT import_key FROM case_events WHERE import_key", keys, func(row *store.Row) error {
			key, _ := row.Hash16(0)
			stored[key] = true
			return nil
		})
		if err != nil {
			return err
		}
	}
	added := waiting[:0]
	var entries []*caseEntry
	for _, e := range waiting {
		if r.eventIsNew(&e, stored[e.importKey]) {
			added, entries = append(added, e), append(entries, &r.cases.list[e.n])
		}
	}
	if err := r.settle(entries); err != nil {
		return err
	}
	added = slices.DeleteFunc(added, func(e pendingEvent) bool { return !r.eventIsTaken(&e) })
	for i := range added {
		entry := &r.cases.list[added[i].n]
		entry.seq++
		added[i].seq = entry.seq
	}
	r.files[caseEvents].Inserted += int64(len(added))
	return r.loadCaseEvents(added)
}

// eventIsNew finds an event's case and says whether the event is not there yet.
func (r *run) eventIsNew(e *pendingEvent, stored bool) bool {
	if e.n == none {
		n, known := r.cases.index[r.imprint([]byte(e.caseRef))]
		if !known {
			r.fault(e.at, eventCase, []byte(e.caseRef), DanglingReference)
			return false
		}
		e.n = n
		if e.micros < r.cases.list[n].opened {
			r.fault(e.at, eventAt, []byte(e.time), ImpossibleTime)
			return false
		}
	}
	if stored {
		r.files[caseEvents].Unchanged++
	}
	return !stored
}

// eventIsTaken says whether a new event is to be written. The history of a case
// that has lived on here is its own: what another system tells later would stand
// behind steps that came after it.
func (r *run) eventIsTaken(e *pendingEvent) bool {
	entry, day := &r.cases.list[e.n], r.day(e.micros)
	if entry.lived {
		r.keep(caseEvents)
		return false
	}
	if r.sealed(entry.unit, day) || r.sealedFor(entry.official, day) {
		r.fault(e.at, eventAt, []byte(e.time), YearSealed)
		return false
	}
	return true
}

func (r *run) loadCaseEvents(added []pendingEvent) error {
	row := make([]any, 11)
	return r.load("case_events", "id case_id seq at kind from_official_id to_official_id to_unit_id actor note import_key", len(added),
		func(i int) []any {
			e := &added[i]
			row[0], row[1], row[2], row[3], row[4] = models.NewID(), r.cases.list[e.n].id, int64(e.seq), instant(e.micros), string(e.kind)
			row[5], row[6], row[7] = r.optionalOfficial(e.from), r.optionalOfficial(e.to), r.optionalUnit(e.unit)
			row[8], row[9], row[10] = "", e.note, e.importKey[:]
			return row
		})
}

// optionalOfficial is an official's id as a column holds it.
func (r *run) optionalOfficial(n int32) any {
	if n == none {
		return nil
	}
	return r.officials[n].ID
}
