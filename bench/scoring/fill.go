package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"steelyard/auth/keyring"
	"steelyard/models"
	"steelyard/store"
)

// city is how much of everything there is.
type city struct{ officials, ratings, raters, encounters, cases, events, reviewers int }

const (
	year       = 2025
	services   = 40
	categories = 30
	peerGroups = 10
	unitSize   = 50 // officials
)

// filler draws the rows of a city. Officials do some of the services and categories
// each, raters meet anybody, reviewers are of the same peer group.
type filler struct {
	city
	ctx  context.Context
	tx   *store.Tx
	key  keyring.YearKey
	r    *rand.Rand
	days time.Time // the first instant of the year

	units, positions, officialIDs, serviceIDs []models.ID
	quality, visibility, hard, severity       []float64
}

// fill writes the city into an empty database in one transaction.
func (c city) fill(ctx context.Context, st *store.Store, keys *keyring.Keyring) error {
	if _, err := st.MigrateUp(ctx); err != nil {
		return err
	}
	zone, err := time.LoadLocation(zoneName)
	if err != nil {
		return err
	}
	key, epoch, err := keys.Epoch(year, st.Now())
	if err != nil {
		return err
	}
	err = st.InTx(ctx, func(tx *store.Tx) error {
		if err := store.NoteKeyYear(tx, epoch); err != nil {
			return err
		}
		f := &filler{
			city: c, ctx: ctx, tx: tx, key: key, r: rand.New(rand.NewPCG(1, uint64(c.ratings))),
			days: time.Date(year, 1, 1, 0, 0, 0, 0, zone),
		}
		f.draw()
		tables := []string{"officials", "postings", "ratings", "rating_totals", "encounters", "cases", "case_events", "peer_reviews", "deeds", "achievements"}
		return tx.Bare(ctx, tables, func(*store.Filling) error { return f.everything() })
	})
	if err != nil {
		return err
	}
	if st.Dialect() == store.SQLite {
		_, err := st.Checkpoint(ctx)
		return err
	}
	// As autovacuum does on a database in use; it also writes out what was loaded, which
	// is no part of what is measured.
	for _, statement := range []string{"VACUUM ANALYZE", "CHECKPOINT"} {
		if _, err := st.SQL().ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

func (f *filler) draw() {
	normal := func(n int, sd float64) []float64 {
		v := make([]float64, n)
		for i := range v {
			v[i] = sd * f.r.NormFloat64()
		}
		return v
	}
	f.quality, f.visibility = normal(f.officials, 1), normal(f.officials, 1)
	f.severity, f.hard = normal(f.raters, 0.4), normal(services+categories, 0.5)
	ids := func(n int) []models.ID {
		list := make([]models.ID, n)
		for i := range list {
			list[i] = models.NewID()
		}
		return list
	}
	f.units, f.positions = ids(1+(f.officials+unitSize-1)/unitSize), ids(peerGroups)
	f.officialIDs, f.serviceIDs = ids(f.officials), ids(services)
}

func (f *filler) everything() error {
	for _, write := range []func() error{
		f.organisation, f.writeRatings, f.addTotals, f.writeEncounters, f.writeCases, f.writeEvents, f.writeReviews, f.writeDeeds, f.writeAchievements,
	} {
		if err := write(); err != nil {
			return err
		}
	}
	return nil
}

// load writes n rows into a table.
func (f *filler) load(table, columns string, n int, row func(i int) []any) error {
	i := 0
	_, err := f.tx.Load(f.ctx, table, strings.Fields(columns), func() ([]any, error) {
		if i == n {
			return nil, nil
		}
		i++
		return row(i - 1), nil
	})
	return err
}

func (f *filler) organisation() error {
	root := models.OrgUnit{ID: f.units[0], Ref: rootUnit, Name: rootUnit}
	if err := f.tx.Create(&root).Error; err != nil {
		return err
	}
	err := f.load("org_units", "id ref parent_id name", len(f.units)-1, func(i int) []any {
		name := fmt.Sprintf("U%04d", i+1)
		return []any{f.units[i+1], name, f.units[0], name}
	})
	if err != nil {
		return err
	}
	if err := store.RebuildClosure(f.tx); err != nil {
		return err
	}
	err = f.load("positions", "id name", peerGroups, func(i int) []any { return []any{f.positions[i], fmt.Sprintf("Position %d", i)} })
	if err != nil {
		return err
	}
	err = f.load("services", "id ref name category", services, func(i int) []any {
		name := fmt.Sprintf("Service %02d", i)
		return []any{f.serviceIDs[i], name, name, ""}
	})
	if err != nil {
		return err
	}
	err = f.load("officials", "id ref unit_id position_id name", f.officials, func(i int) []any {
		return []any{f.officialIDs[i], ref(i), f.unitOf(i), f.positions[i%peerGroups], ref(i)}
	})
	if err != nil {
		return err
	}
	return f.load("postings", "id official_id unit_id position_id from_on", f.officials, func(i int) []any {
		return []any{models.NewID(), f.officialIDs[i], f.unitOf(i), f.positions[i%peerGroups], models.NewDate(year, time.January, 1)}
	})
}

func ref(official int) string { return fmt.Sprintf("O%05d", official) }

func (f *filler) unitOf(official int) models.ID { return f.units[1+official/unitSize] }

// at is an instant of the year's first days.
func (f *filler) at(days int) time.Time {
	return f.days.Add(time.Duration(f.r.IntN(days*86400)) * time.Second).UTC()
}

func (f *filler) date() models.Date {
	return models.NewDate(year, time.January, 1).AddDays(f.r.IntN(365))
}

// person is the keyed hash of a resident: any 16 bytes will do that differ.
func person(n int, as string) models.Hash {
	hash := make(models.Hash, 16)
	copy(hash, as)
	binary.BigEndian.PutUint64(hash[8:], uint64(n)*0x9e3779b97f4a7c15)
	return hash
}

func level(x float64) int64 { return int64(math.Round(min(max(x, 1), 5))) }

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func (f *filler) channel() string { return string(models.Channels[f.r.IntN(4)]) }

func (f *filler) writeRatings() error {
	return f.load("ratings", "id official_id service_id channel level rated_on rater_key key_year source invited dimensions tags", f.ratings,
		func(int) []any {
			o, who := f.r.IntN(f.officials), f.r.IntN(f.raters)
			kind := (o*7 + f.r.IntN(12)) % services
			x := 3.4 + 0.4*f.quality[o] + 0.3*f.visibility[o] + f.severity[who] - f.hard[kind] + 0.9*f.r.NormFloat64()
			return []any{
				models.NewRandomID(), f.officialIDs[o], f.serviceIDs[kind], f.channel(), level(x), f.date(), person(who, "rater"),
				int64(year), string(models.RatingSourceEncounter), string(models.AnswerYes), "[]", "[]",
			}
		})
}

// addTotals keeps the totals of days as the release of ratings does, of all of them at once.
func (f *filler) addTotals() error {
	return f.tx.Exec(`INSERT INTO rating_totals (official_id, rated_on, level1, level2, level3, level4, level5)
		SELECT official_id, rated_on, SUM(CASE WHEN level = 1 THEN 1 ELSE 0 END), SUM(CASE WHEN level = 2 THEN 1 ELSE 0 END),
			SUM(CASE WHEN level = 3 THEN 1 ELSE 0 END), SUM(CASE WHEN level = 4 THEN 1 ELSE 0 END), SUM(CASE WHEN level = 5 THEN 1 ELSE 0 END)
		FROM ratings GROUP BY official_id, rated_on`).Error
}

func (f *filler) writeEncounters() error {
	return f.load("encounters", "id ref official_id service_id key_year channel occurred_at invited", f.encounters, func(i int) []any {
		o := f.r.IntN(f.officials)
		return []any{
			models.NewID(), fmt.Sprintf("E%08d", i), f.officialIDs[o], f.serviceIDs[(o*7+f.r.IntN(12))%services], int64(year), f.channel(),
			f.at(365), string(models.AnswerYes),
		}
	})
}

// caseAt is what can be told of a case by its number, so that its history finds it
// again without keeping it.
type caseAt struct {
	id             models.ID
	official       int
	opened, closed time.Time
}

func (f *filler) caseAt(i int) caseAt {
	r := rand.New(rand.NewPCG(3, uint64(i)))
	c := caseAt{official: r.IntN(f.officials)}
	binary.BigEndian.PutUint64(c.id[8:], uint64(i)+1)
	c.opened = f.days.Add(time.Duration(r.IntN(330*86400)) * time.Second).UTC()
	took := 3*86400 + r.IntN(9*86400)
	if r.Float64() < logistic(0.6*f.quality[c.official]+1) {
		took /= 2
	}
	c.closed = c.opened.Add(time.Duration(took) * time.Second)
	return c
}

func (f *filler) writeCases() error {
	return f.load("cases", `id ref category unit_id official_id resident_key key_year channel state title description opened_at due_at
		closed_at outcome asked confirmed transfers reopened upheld updated_at`, f.cases, func(i int) []any {
		c := f.caseAt(i)
		kind := services + (c.official*5+f.r.IntN(8))%categories
		confirmed := models.Answer("")
		if f.r.IntN(2) == 0 {
			confirmed = models.AnswerNo
			if f.r.Float64() < logistic(0.7*f.quality[c.official]+1-f.hard[kind]) {
				confirmed = models.AnswerYes
			}
		}
		return []any{
			c.id, fmt.Sprintf("C%08d", i), fmt.Sprintf("Category %02d", kind-services), f.unitOf(c.official), f.officialIDs[c.official],
			person(f.r.IntN(f.raters), "resident"), int64(year), f.channel(), string(models.CaseClosedUnconfirmed), "", "",
			c.opened, c.opened.AddDate(0, 0, 10), c.closed, string(models.OutcomeResolved), string(models.AnswerYes), string(confirmed),
			int64(0), int64(f.r.IntN(12) / 11), false, c.closed,
		}
	})
}

// writeEvents gives each case a history: assigned when it was opened, resolved when
// it was closed, and in between its resident was told how far it is.
func (f *filler) writeEvents() error {
	return f.load("case_events", "id case_id seq at kind to_official_id actor note import_key", f.cases*f.events, func(n int) []any {
		c, seq := f.caseAt(n/f.events), n%f.events
		at, kind, to := c.opened, models.EventReminded, any(nil)
		switch seq {
		case 0:
			kind, to = models.EventAssigned, f.officialIDs[c.official]
		case f.events - 1:
			at, kind = c.closed, models.EventResolved
		}
		return []any{models.NewID(), c.id, int64(seq + 1), at, string(kind), to, "", "", person(n, "event")}
	})
}

func (f *filler) writeReviews() error {
	hasher := f.key.NewHasher()
	dimensions := len(models.Dimensions)
	var pair float64
	var reviewer models.Hash
	return f.load("peer_reviews", "id official_id reviewer_key key_year relation dimension score submitted_on import_key",
		f.officials*f.reviewers*dimensions, func(i int) []any {
			o := i / (f.reviewers * dimensions)
			if i%dimensions == 0 {
				// Another one of the same peer group, each once: a step of its own for each.
				others := max(f.officials/peerGroups-1, 1)
				step := 1 + (i/dimensions%f.reviewers*37+o)%others
				by := hasher.Reviewer(ref((o + peerGroups*step) % f.officials))
				pair, reviewer = 0.3*f.r.NormFloat64(), by[:]
			}
			x := 3.5 + 0.4*f.quality[o] + 0.4*f.visibility[o] + pair + 0.5*f.r.NormFloat64()
			return []any{
				models.NewRandomID(), f.officialIDs[o], reviewer, int64(year), string(models.RelationPeer),
				string(models.Dimensions[i%dimensions]), level(x), models.NewDate(year, time.December, 1), person(i, "review"),
			}
		})
}

const deedsEach = 8

func (f *filler) writeDeeds() error {
	return f.load("deeds", "id ref official_id kind done_at beneficiary_key key_year confirmed title", f.officials*deedsEach, func(i int) []any {
		confirmed := models.AnswerNo
		if f.r.Float64() < logistic(0.7*f.quality[i/deedsEach]) {
			confirmed = models.AnswerYes
		}
		return []any{
			models.NewID(), fmt.Sprintf("D%08d", i), f.officialIDs[i/deedsEach], string(models.DeedHomeVisit), f.at(360), person(i, "helped"),
			int64(year), string(confirmed), "",
		}
	})
}

func (f *filler) writeAchievements() error {
	var of []int
	for o := range f.officials {
		for range int(5 * math.Exp(0.8*f.visibility[o])) {
			of = append(of, o)
		}
	}
	return f.load("achievements", "id official_id kind at title import_key", len(of), func(i int) []any {
		return []any{models.NewID(), f.officialIDs[of[i]], string(models.AchievementMedia), f.at(360), "", person(i, "seen")}
	})
}
