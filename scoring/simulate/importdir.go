package simulate

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"steelyard/scoring"
)

// The words of the import format, in the order of the engine's constants.
var (
	channelWords     = []string{"WINDOW", "ONLINE", "PHONE", "HOTLINE", "HOME_VISIT", "KIOSK", "MAIL", "OTHER"}
	ternaryWords     = []string{"", "YES", "NO"}
	outcomeWords     = []string{"", "RESOLVED", "PARTLY_RESOLVED", "UNRESOLVED", "REJECTED", "WITHDRAWN"}
	relationWords    = []string{"SUPERIOR", "PEER", "SUBORDINATE", "SELF", "EXTERNAL"}
	dimensionWords   = []string{"MORALITY", "ABILITY", "DILIGENCE", "ACHIEVEMENT", "INTEGRITY"}
	deedWords        = []string{"HOME_VISIT", "MEDIATION", "HARDSHIP_SUPPORT", "MAINTENANCE", "SAFETY", "OTHER"}
	achievementWords = []string{"AWARD", "MEDIA", "DEMONSTRATION_PROJECT", "INSPECTION", "CAMPAIGN"}
	eventWords       = []string{
		"SUBMITTED", "ACCEPTED", "ASSIGNED", "TRANSFERRED", "TRANSFER_ACCEPTED", "TRANSFER_REFUSED", "PAUSED", "RESUMED",
		"RESOLVED", "CONFIRMED", "REOPENED", "REJECTED", "WITHDRAWN", "MEDIATION", "CLOSED",
	}
)

// root is the unit above all others.
const root = "U00"

// WriteImport writes the sample as an import folder, so that it can go through
// the whole program. Officials, units, kinds, cases and deeds have the ids that
// they have in the evidence; reviewers who are officials are referred to by the
// official's id. The folder is made where it is missing.
func (s *Sample) WriteImport(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write world %s: %w", s.World.Name, err)
	}
	for _, t := range s.tables() {
		if err := t.write(dir); err != nil {
			return fmt.Errorf("write world %s: %w", s.World.Name, err)
		}
	}
	return nil
}

// WriteTruth writes what only the simulation knows as truth.csv: official_id,
// peer_group, quality, visibility, composite, oracle. composite is the
// policy-weighted sum of the true effects on the composite's scale, oracle the
// posterior mean of quality.
func (s *Sample) WriteTruth(dir string, policy scoring.Policy) error {
	t := newTable("truth.csv", "official_id", "peer_group", "quality", "visibility", "composite", "oracle")
	sums, oracle := s.Truth.Composite(policy), s.Oracle(policy)
	number := func(x float64) string { return strconv.FormatFloat(x, 'f', 6, 64) }
	for i, p := range s.Evidence.Postings {
		t.add(p.Official, p.PeerGroup, number(s.Truth.Quality[i]), number(s.Truth.Visibility[i]),
			number(sums[i]), number(oracle.Quality[i]))
	}
	if err := t.write(dir); err != nil {
		return fmt.Errorf("write truth of world %s: %w", s.World.Name, err)
	}
	return nil
}

type table struct {
	name string
	rows [][]string
}

func newTable(name string, header ...string) *table {
	return &table{name: name, rows: [][]string{header}}
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) write(dir string) error {
	f, err := os.Create(filepath.Join(dir, t.name))
	if err != nil {
		return err
	}
	return errors.Join(csv.NewWriter(f).WriteAll(t.rows), f.Close())
}

func (s *Sample) tables() []*table {
	encounters, ratings := s.encounterTables()
	return []*table{
		s.unitTable(), s.officialTable(), s.serviceTable(), encounters, ratings, s.caseTable(), s.eventTable(),
		s.reviewTable(), s.deedTable(), s.achievementTable(),
	}
}

func (s *Sample) unitTable() *table {
	t := newTable("units.csv", "unit_id", "parent_id", "name")
	t.add(root, "", "Unit "+root)
	for _, u := range s.units {
		t.add(u.id, root, "Unit "+u.id)
	}
	return t
}

func (s *Sample) officialTable() *table {
	t := newTable("officials.csv", "official_id", "unit_id", "name", "position", "active_from", "active_to")
	for _, p := range s.Evidence.Postings {
		t.add(p.Official, p.Unit, "Official "+p.Official, p.Position, stamp(startOf(p.From)), "")
	}
	return t
}

func (s *Sample) serviceTable() *table {
	t := newTable("services.csv", "service_id", "name", "category")
	for _, k := range s.Evidence.Kinds {
		if id, ok := strings.CutPrefix(k.ID, "service:"); ok {
			t.add(id, k.Name, "")
		}
	}
	return t
}

// encounterTables leave the marks of cases out: those stand in cases.csv.
func (s *Sample) encounterTables() (encounters, ratings *table) {
	encounters = newTable("encounters.csv", "encounter_id", "official_id", "service_id", "resident_ref", "channel", "occurred_at", "invited")
	ratings = newTable("ratings.csv", "encounter_id", "level", "rated_at")
	r := &s.Evidence.Ratings
	for row := range r.Level {
		if r.Source[row] == scoring.SourceCaseMark {
			continue
		}
		id := fmt.Sprintf("E%06d", row+1)
		service := strings.TrimPrefix(s.Evidence.Kinds[r.Kind[row]].ID, "service:")
		midnight := startOf(r.Day[row])
		encounters.add(id, s.officialID(r.Posting[row]), service, residentRef(r.Rater[row]), channelWords[r.Channel[row]],
			stamp(midnight+10*3600), ternaryWords[r.Invited[row]])
		ratings.add(id, strconv.Itoa(int(r.Level[row])), stamp(midnight+17*3600))
	}
	return encounters, ratings
}

func (s *Sample) caseTable() *table {
	t := newTable("cases.csv", "case_id", "category", "official_id", "unit_id", "resident_ref", "channel", "opened_at", "due_at",
		"closed_at", "outcome", "asked", "confirmed", "satisfaction", "transfers", "reopened")
	c := &s.Evidence.Cases
	for row, id := range c.ID {
		unit := root
		if c.Posting[row] != scoring.None {
			unit = s.Evidence.Postings[c.Posting[row]].Unit
		}
		satisfaction := ""
		if c.Satisfaction[row] > 0 {
			satisfaction = strconv.Itoa(int(c.Satisfaction[row]))
		}
		t.add(id, strings.TrimPrefix(s.Evidence.Kinds[c.Kind[row]].ID, "category:"), s.officialID(c.Posting[row]), unit,
			residentRef(c.Resident[row]), channelWords[c.Channel[row]], stamp(c.Opened[row]), stamp(c.Due[row]), stamp(c.Closed[row]),
			outcomeWords[c.Outcome[row]], ternaryWords[c.Asked[row]], ternaryWords[c.Confirmed[row]], satisfaction,
			strconv.Itoa(int(c.Transfers[row])), strconv.Itoa(int(c.Reopened[row])))
	}
	return t
}

func (s *Sample) eventTable() *table {
	t := newTable("case_events.csv", "case_id", "at", "kind", "from_official_id", "to_official_id", "to_unit_id")
	e := &s.Evidence.Events
	for row, of := range e.Case {
		t.add(s.Evidence.Cases.ID[of], stamp(e.At[row]), eventWords[e.Kind[row]], s.officialID(e.From[row]), s.officialID(e.To[row]), e.Unit[row])
	}
	return t
}

func (s *Sample) reviewTable() *table {
	t := newTable("reviews.csv", "official_id", "reviewer_ref", "relation", "dimension", "score", "submitted_at")
	r := &s.Evidence.Reviews
	for row, of := range r.Posting {
		by := fmt.Sprintf("V%04d", r.Reviewer[row]+1)
		if person := r.ReviewerPerson[row]; person != scoring.None {
			by = s.officialID(person) // one posting a person: the two have the same number
		}
		t.add(s.officialID(of), by, relationWords[r.Relation[row]], dimensionWords[r.Dimension[row]],
			strconv.Itoa(int(r.Score[row])), stamp(startOf(r.Day[row])+15*3600))
	}
	return t
}

func (s *Sample) deedTable() *table {
	t := newTable("deeds.csv", "deed_id", "official_id", "kind", "done_at", "beneficiary_ref", "confirmed")
	d := &s.Evidence.Deeds
	for row, id := range d.ID {
		t.add(id, s.officialID(d.Posting[row]), deedWords[d.Kind[row]], stamp(startOf(d.Day[row])+11*3600),
			residentRef(d.Beneficiary[row]), ternaryWords[d.Confirmed[row]])
	}
	return t
}

func (s *Sample) achievementTable() *table {
	t := newTable("achievements.csv", "official_id", "kind", "at", "title")
	a := &s.Evidence.Achievements
	for row, of := range a.Posting {
		word := achievementWords[a.Kind[row]]
		t.add(s.officialID(of), word, stamp(startOf(a.Day[row])+9*3600), fmt.Sprintf("%s %d", word, row+1))
	}
	return t
}

func (s *Sample) officialID(posting int32) string {
	if posting == scoring.None {
		return ""
	}
	return s.Evidence.Postings[posting].Official
}

func residentRef(number int32) string {
	if number == scoring.None {
		return ""
	}
	return fmt.Sprintf("R%06d", number+1)
}

// stamp writes Unix seconds in the worlds' zone; NoTime is an empty cell.
func stamp(seconds int64) string {
	if seconds == scoring.NoTime {
		return ""
	}
	return time.Unix(seconds, 0).In(zone).Format(time.RFC3339)
}
