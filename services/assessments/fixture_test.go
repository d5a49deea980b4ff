package assessments

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"steelyard/auth"
	"steelyard/auth/keyring"
	"steelyard/models"
	"steelyard/privacy"
	"steelyard/store"
	"steelyard/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

// march is the period of most tests; its days are those of Shanghai.
var march = models.Period{From: day("2025-03-01"), To: day("2025-03-31")}

func day(text string) models.Date {
	d, err := models.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

// clock is an instant of Shanghai.
func clock(text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04:05.999999", text, shanghai)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

// office is a small organisation to put evidence into: rows are added by the
// names that stand in for external ids.
//
//	town ── north ── north-1
//	     └─ south
type office struct {
	*Service
	t         *testing.T
	ids       map[string]models.ID // of units, positions, officials, services, cases
	positions map[string]bool
	rows      int
}

func newOffice(t *testing.T, s *store.Store) *office {
	t.Helper()
	keys, err := keyring.Create(filepath.Join(t.TempDir(), "keys"))
	if err != nil {
		t.Fatal(err)
	}
	o := &office{
		Service: &Service{Store: s, Keys: keys, Zone: shanghai, Worker: "test", Thresholds: privacy.Default()},
		t:       t, ids: map[string]models.ID{}, positions: map[string]bool{},
	}
	for _, u := range [][2]string{{"town", ""}, {"north", "town"}, {"north-1", "north"}, {"south", "town"}} {
		row := models.OrgUnit{ID: o.id(u[0]), Ref: u[0], Name: u[0]}
		if u[1] != "" {
			parent := o.id(u[1])
			row.ParentID = &parent
		}
		o.add(&row)
	}
	if err := s.InTx(t.Context(), store.RebuildClosure); err != nil {
		t.Fatal(err)
	}
	o.add(&models.Service{ID: o.id("easy"), Ref: "easy", Name: "Proof of life", Category: "pensions"})
	o.add(&models.Service{ID: o.id("hard"), Ref: "hard", Name: "Hardship allowance", Category: "welfare / money"})
	return o
}

// id returns the id behind a name; the first time it is made.
func (o *office) id(name string) models.ID {
	id, ok := o.ids[name]
	if !ok {
		id = models.NewID()
		o.ids[name] = id
	}
	return id
}

// maybe is id, or nothing for an empty name.
func (o *office) maybe(name string) *models.ID {
	if name == "" {
		return nil
	}
	id := o.id(name)
	return &id
}

func (o *office) add(rows ...any) {
	o.t.Helper()
	err := o.Store.InTx(context.Background(), func(tx *store.Tx) error {
		for _, row := range rows {
			if err := tx.Create(row).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) position(name string) models.ID {
	id := o.id("position " + name)
	if !o.positions[name] {
		o.positions[name] = true
		o.add(&models.Position{ID: id, Name: name})
	}
	return id
}

// official adds an official with the posts that are given as unit, from, to.
func (o *office) official(ref, position string, posts ...[3]string) {
	o.t.Helper()
	o.add(&models.Official{
		ID: o.id(ref), Ref: ref, Name: ref, UnitID: o.id(posts[0][0]), PositionID: o.position(position),
	})
	for _, p := range posts {
		post := models.Posting{
			ID: models.NewID(), OfficialID: o.id(ref), UnitID: o.id(p[0]), PositionID: o.position(position), FromOn: day(p[1]),
		}
		if p[2] != "" {
			post.ToOn = day(p[2])
		}
		o.add(&post)
	}
}

// resident is the keyed hash of a resident or a rater; none for an empty name.
func resident(name string) models.Hash {
	if name == "" {
		return nil
	}
	hash := make(models.Hash, 16)
	copy(hash, name)
	return hash
}

func (o *office) rating(official, service, on string, level int, rater string) {
	o.t.Helper()
	o.add(&models.Rating{
		ID: models.NewRandomID(), OfficialID: o.id(official), ServiceID: o.id(service), Channel: models.ChannelWindow,
		Level: level, RatedOn: day(on), RaterKey: resident(rater), KeyYear: 2025, Source: models.RatingSourceEncounter,
		Invited: models.AnswerYes, Dimensions: []models.DimensionLevel{}, Tags: []string{}, Released: true,
	})
}

func (o *office) review(official, reviewer string, year int, relation models.Relation, score int, on string) {
	o.t.Helper()
	key, err := o.Keys.Ensure(year)
	if err != nil {
		o.t.Fatal(err)
	}
	hash := key.Reviewer(reviewer)
	o.rows++
	o.add(&models.PeerReview{
		Answers: []models.ReviewAnswer{},
		ID:      models.NewRandomID(), OfficialID: o.id(official), ReviewerKey: hash[:], KeyYear: year, Relation: relation,
		Dimension: models.DimensionAbility, Score: score, SubmittedOn: day(on), ImportKey: models.Hash{byte(o.rows >> 8), byte(o.rows)},
		Released: true,
	})
}

func (o *office) deed(ref, official, at string) {
	o.t.Helper()
	o.add(&models.Deed{
		ID: models.NewID(), Ref: ref, OfficialID: o.id(official), Kind: models.DeedSafety, DoneAt: clock(at),
		BeneficiaryKey: resident("b-" + ref), KeyYear: 2025, Confirmed: models.AnswerYes, Title: ref,
	})
}

func (o *office) achievement(official, at string) {
	o.t.Helper()
	o.add(&models.Achievement{ID: models.NewID(), OfficialID: o.id(official), Kind: models.AchievementMedia, At: clock(at), Title: "t"})
}

func (o *office) encounter(ref, official, at string, invited models.Answer) {
	o.t.Helper()
	o.add(&models.Encounter{
		ID: models.NewID(), Ref: ref, OfficialID: o.id(official), ServiceID: o.id("easy"), KeyYear: 2025,
		Channel: models.ChannelWindow, OccurredAt: clock(at), Invited: invited,
	})
}

// matter adds a case; closed may be empty.
func (o *office) matter(ref, unit, official, opened, closed string, change func(*models.Case)) {
	o.t.Helper()
	c := &models.Case{
		ID: o.id(ref), Ref: ref, Category: "roads / lamps", UnitID: o.id(unit), OfficialID: o.maybe(official),
		ResidentKey: resident("r-" + ref), KeyYear: 2025, Channel: models.ChannelPhone, State: models.CaseInProgress,
		OpenedAt: clock(opened),
	}
	if closed != "" {
		at := clock(closed)
		c.ClosedAt, c.Outcome, c.State = &at, models.OutcomeResolved, models.CaseClosedUnconfirmed
	}
	if change != nil {
		change(c)
	}
	o.add(c)
}

// event adds a step to a case.
func (o *office) event(ref string, seq int, at string, kind models.CaseEventKind, from, to string) {
	o.t.Helper()
	o.add(&models.CaseEvent{
		ID: models.NewID(), CaseID: o.id(ref), Seq: seq, At: clock(at), Kind: kind,
		FromOfficialID: o.maybe(from), ToOfficialID: o.maybe(to), ImportKey: models.Hash(ref + at + string(kind)),
	})
}

// hr is an HR officer of a unit.
func (o *office) hr(unit string) auth.Actor {
	return auth.Actor{Subject: "hr-" + unit, Role: models.RoleHR, UnitID: o.maybe(unit)}
}

// cycle adds a cycle over march that collects.
func (o *office) cycle(name, unit string) *models.Cycle {
	o.t.Helper()
	c := &models.Cycle{
		ID: models.NewID(), UnitID: o.id(unit), Kind: models.CycleSpecial, Name: name, FromOn: march.From, ToOn: march.To,
		State: models.CycleCollecting, OpenedBy: "hr", OpenedAt: o.Store.Now(), UpdatedAt: o.Store.Now(),
	}
	o.add(c)
	return c
}
