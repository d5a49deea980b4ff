package assessments

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"steelyard/auth"
	"steelyard/messages"
	"steelyard/models"
	"steelyard/store"
	"steelyard/store/storetest"
)

// scored is what one official of a finished run has.
type scored struct {
	official, unit, group string
	composite, gap        models.Score // below 0 as composite, or above 200 as gap: none
}

// finished adds a run of a cycle that is done, and counts, with one assessment
// for each of rows, in the report's order.
func (o *office) finished(c *models.Cycle, rows []scored) *models.AssessmentRun {
	o.t.Helper()
	run := &models.AssessmentRun{
		ID: models.NewID(), CycleID: c.ID, State: models.RunDone, RequestedBy: "hr", RequestedAt: o.Store.Now(),
	}
	o.add(run)
	for i, r := range rows {
		a := models.Assessment{
			ID: models.NewID(), RunID: run.ID, OfficialID: o.id(r.official), UnitID: o.id(r.unit), Position: r.group,
			PeerGroup: models.PeerGroup(r.group), SortOrder: i + 1, Status: models.StatusScored, Flags: []string{},
			Components: []models.ComponentScore{},
		}
		if r.composite >= 0 {
			a.Composite = &r.composite
		}
		if r.gap <= 200 {
			a.ShowcaseGap = &r.gap
		}
		var post models.Posting
		if err := o.Store.Read(o.t.Context()).Take(&post, "official_id = ? AND unit_id = ?", a.OfficialID, a.UnitID).Error; err != nil {
			o.t.Fatal(err)
		}
		a.PostingID = post.ID
		o.ids["assessment "+c.Name+" "+r.official+" "+r.unit] = a.ID
		why := models.Explanation{AssessmentID: a.ID, Parts: []*models.ScorePart{{Code: "BASE", Points: 5000, Pieces: []models.EvidencePiece{}}}}
		o.add(&a, &why)
	}
	c.RunID, c.State = &run.ID, models.CycleScoring
	o.setCycle(c)
	return run
}

func (o *office) setCycle(c *models.Cycle) {
	o.t.Helper()
	err := o.Store.InTx(o.t.Context(), func(tx *store.Tx) error {
		return tx.Select("run_id", "state").UpdateColumns(c).Error
	})
	if err != nil {
		o.t.Fatal(err)
	}
}

// staffed is an office with officials and a finished run. north-1 has n1a, n1b
// and mover, who then went to south; south has s1 to s4.
func staffed(t *testing.T, s *store.Store) (*office, *models.Cycle) {
	o := newOffice(t, s)
	for _, ref := range []string{"n1a", "n1b"} {
		o.official(ref, "clerk", [3]string{"north-1", "2020-01-01", ""})
	}
	o.official("mover", "clerk", [3]string{"north-1", "2020-01-01", "2025-03-10"}, [3]string{"south", "2025-03-11", ""})
	for _, ref := range []string{"s1", "s2", "s3", "s4"} {
		o.official(ref, "warden", [3]string{"south", "2020-01-01", ""})
	}
	c := o.cycle("c", "town")
	o.finished(c, []scored{
		{"n1a", "north-1", "clerk", 61.1, -5},
		{"mover", "south", "clerk", 55, 20},
		{"n1b", "north-1", "clerk", 55, 300},
		{"mover", "north-1", "clerk", -1, 300},
		{"s1", "south", "warden", 70.00000000000001, 20},
		{"s2", "south", "warden", 70, -30.5},
		{"s3", "south", "warden", 30, 20},
		{"s4", "south", "warden", -1, 300},
	})
	return o, c
}

// names returns rows by their officials' names and units.
func (o *office) names(rows []*models.Assessment) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		for name, id := range o.ids {
			if rest, is := strings.CutPrefix(name, "assessment "); is && id == r.ID {
				out[i] = rest[strings.Index(rest, " ")+1:]
			}
		}
	}
	return out
}

func TestReportPagesAreTheWholeInOrder(t *testing.T) {
	all := map[Order][]string{
		models.OrderRank: {
			"n1a north-1", "mover south", "n1b north-1", "mover north-1", "s1 south", "s2 south", "s3 south", "s4 south",
		},
		models.OrderCompositeDesc: {
			"s1 south", "s2 south", "n1a north-1", "mover south", "n1b north-1", "s3 south", "mover north-1", "s4 south",
		},
		models.OrderShowcaseGapAsc: {
			"s2 south", "n1a north-1", "mover south", "s1 south", "s3 south", "n1b north-1", "mover north-1", "s4 south",
		},
		models.OrderShowcaseGapDesc: {
			"mover south", "s1 south", "s3 south", "n1a north-1", "s2 south", "n1b north-1", "mover north-1", "s4 south",
		},
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o, c := staffed(t, s)
		for order, whole := range all {
			for first := 1; first <= len(whole)+1; first++ {
				var got []string
				q := Query{CycleID: c.ID, Order: order, First: first}
				for more := true; more; {
					rows, next, err := o.Report(t.Context(), o.hr("town"), q)
					if err != nil {
						t.Fatal(err)
					}
					if len(rows) > first || next && len(rows) < first {
						t.Fatalf("%s by %d: a page of %d rows, more %t", order, first, len(rows), next)
					}
					got, more = append(got, o.names(rows)...), next
					q.After = Place(order, rows[len(rows)-1])
				}
				want(t, fmt.Sprintf("%s by %d", order, first), got, whole)
			}
		}
	})
}

func TestReportKeepsToScopeUnitAndGroup(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o, c := staffed(t, s)
		warden := "warden"
		for name, test := range map[string]struct {
			actor auth.Actor
			q     Query
			want  []string
			err   error
		}{
			"a part of it":      {actor: o.hr("north"), want: []string{"n1a north-1", "n1b north-1", "mover north-1"}},
			"the neighbour":     {actor: o.hr("south"), q: Query{PeerGroup: new("clerk")}, want: []string{"mover south"}},
			"one unit of all":   {actor: o.hr("town"), q: Query{UnitID: o.maybe("north")}, want: []string{"n1a north-1", "n1b north-1", "mover north-1"}},
			"one group":         {actor: o.hr("town"), q: Query{PeerGroup: &warden}, want: []string{"s1 south", "s2 south", "s3 south", "s4 south"}},
			"a foreign unit":    {actor: o.hr("north"), q: Query{UnitID: o.maybe("south")}, err: models.NotFound("OrgUnit")},
			"the unit above":    {actor: o.hr("north"), q: Query{UnitID: o.maybe("town")}, err: models.NotFound("OrgUnit")},
			"an official":       {actor: auth.Actor{Subject: "s1", Role: models.RoleOfficial, OfficialID: o.maybe("s1")}, err: models.Forbidden()},
			"a stranger":        {err: models.Forbidden()},
			"without a scope":   {actor: auth.Actor{Subject: "hr", Role: models.RoleHR}, err: models.NotFound("Cycle")},
			"another cycle":     {actor: o.hr("town"), q: Query{CycleID: models.NewID()}, err: models.NotFound("Cycle")},
			"nobody's group":    {actor: o.hr("town"), q: Query{PeerGroup: new("none")}, want: []string{}},
			"the auditor of it": {actor: auth.Actor{Subject: "a", Role: models.RoleAuditor, UnitID: o.maybe("north-1")}, want: []string{"n1a north-1", "n1b north-1", "mover north-1"}},
		} {
			q := test.q
			if q.CycleID.IsZero() {
				q.CycleID = c.ID
			}
			q.First = 20
			for _, order := range []Order{models.OrderRank, models.OrderCompositeDesc, models.OrderShowcaseGapAsc, models.OrderShowcaseGapDesc} {
				q.Order = order
				rows, _, err := o.Report(t.Context(), test.actor, q)
				if !errors.Is(err, test.err) {
					t.Errorf("%s: %v, want %v", name, err, test.err)
				}
				if test.err == nil {
					got := o.names(rows)
					slices.Sort(got)
					sorted := slices.Sorted(slices.Values(test.want))
					want(t, name, got, append([]string{}, sorted...))
				}
			}
			n, err := o.Count(t.Context(), test.actor, q)
			if n != len(test.want) || !errors.Is(err, test.err) {
				t.Errorf("%s: count %d, %v", name, n, err)
			}
			var b bytes.Buffer
			err = o.Export(t.Context(), test.actor, models.ReportFilter{CycleID: q.CycleID, UnitID: q.UnitID, PeerGroup: q.PeerGroup}, models.FormatCSV, messages.Chinese, &b)
			if lines := strings.Count(b.String(), "\n"); !errors.Is(err, test.err) || test.err == nil && lines != 1+len(test.want) || test.err != nil && lines != 0 {
				t.Errorf("%s: export of %d lines, %v", name, lines, err)
			}
		}
		outside := o.cycle("of the south", "south")
		o.finished(outside, []scored{{"s1", "south", "warden", 50, 0}})
		if _, _, err := o.Report(t.Context(), o.hr("north"), Query{CycleID: outside.ID, Order: models.OrderRank, First: 1}); !errors.Is(err, models.NotFound("Cycle")) {
			t.Errorf("the neighbour's cycle gives %v", err)
		}
		empty := o.cycle("without a run", "town")
		if rows, more, err := o.Report(t.Context(), o.hr("town"), Query{CycleID: empty.ID, Order: models.OrderRank, First: 1}); err != nil || more || len(rows) != 0 {
			t.Errorf("a cycle without a run has %d rows, %v", len(rows), err)
		}
	})
}

func TestReportRefusesPlacesOfAnotherOrder(t *testing.T) {
	o, c := staffed(t, storetest.Open(t, store.SQLite, store.Options{}))
	for _, after := range []string{
		"x", "RANK", "RANK - x", "RANK 5 1", "RANK - 1 1", "COMPOSITE_DESC 5 1", "SHOWCASE_GAP_ASC NaN 1", "SHOWCASE_GAP_ASC 5",
	} {
		order := models.OrderRank
		if strings.HasPrefix(after, "SHOW") {
			order = models.OrderShowcaseGapAsc
		}
		_, _, err := o.Report(t.Context(), o.hr("town"), Query{CycleID: c.ID, Order: order, First: 1, After: after})
		if !errors.Is(err, models.Invalid("after", models.KeyBadCursor)) {
			t.Errorf("after %q: %v", after, err)
		}
	}
	if _, _, err := o.Report(t.Context(), o.hr("town"), Query{CycleID: c.ID, Order: "NAME", First: 1}); models.CodeOf(err) != models.CodeInvalid {
		t.Errorf("an unknown order gives %v", err)
	}
}

// On SQLite; PostgreSQL reads so few rows without an index.
func TestReportComesFromAnIndex(t *testing.T) {
	s := storetest.Open(t, store.SQLite, store.Options{})
	_, c := staffed(t, s)
	for _, page := range [][2]string{
		{"sort_order > 3", "sort_order"},
		{"composite IS NOT NULL AND composite <= 50 AND (composite < 50 OR sort_order > 3)", "composite DESC, sort_order"},
		{"composite IS NULL AND sort_order > 3", "sort_order"},
		{"showcase_gap IS NOT NULL AND showcase_gap >= 50 AND (showcase_gap > 50 OR sort_order > 3)", "showcase_gap, sort_order"},
	} {
		var steps []struct{ Detail string }
		err := s.Read(t.Context()).Raw("EXPLAIN QUERY PLAN SELECT * FROM assessments WHERE run_id = ? AND "+page[0]+
			" ORDER BY "+page[1]+" LIMIT 20", c.RunID).Scan(&steps).Error
		if err != nil {
			t.Fatal(err)
		}
		plan := fmt.Sprint(steps)
		if strings.Contains(plan, "SCAN") || !strings.Contains(plan, "USING INDEX") || strings.Contains(plan, "TEMP B-TREE FOR ORDER BY") {
			t.Error(plan)
		}
	}
}

func TestEverybodySeesTheirOwnPartAlone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o, c := staffed(t, s)
		older := o.cycle("older", "town")
		o.finished(older, []scored{{"s1", "south", "warden", 40, 0}})
		superseded := older.RunID
		o.finished(older, []scored{{"s1", "south", "warden", 41, 0}})
		official := func(ref string) auth.Actor {
			return auth.Actor{Subject: ref, Role: models.RoleOfficial, UnitID: o.maybe("south"), OfficialID: o.maybe(ref)}
		}
		every := []models.ID{}
		for name, id := range o.ids {
			if strings.HasPrefix(name, "assessment c ") {
				every = append(every, id)
			}
		}
		sees := func(actor auth.Actor) []string {
			found, err := o.ByIDs(t.Context(), actor, every)
			if err != nil {
				t.Fatal(err)
			}
			parts, err := o.PartsByAssessments(t.Context(), actor, every)
			if err != nil {
				t.Fatal(err)
			}
			var rows []*models.Assessment
			for id, a := range found {
				rows = append(rows, a)
				if len(parts[id]) != 1 || parts[id][0].Points != 5000 {
					t.Errorf("parts of a visible assessment: %v", parts[id])
				}
			}
			if len(parts) != len(found) {
				t.Errorf("%d explanations of %d assessments", len(parts), len(found))
			}
			return append([]string{}, slices.Sorted(slices.Values(o.names(rows)))...)
		}
		north := []string{"mover north-1", "n1a north-1", "n1b north-1"}
		want(t, "HR of the north", sees(o.hr("north")), north)
		want(t, "an auditor", sees(auth.Actor{Subject: "a", Role: models.RoleAuditor, UnitID: o.maybe("north")}), north)
		want(t, "an administrator", sees(auth.Actor{Subject: "a", Role: models.RoleAdmin, UnitID: o.maybe("town")}), []string{})
		want(t, "a reply officer", sees(auth.Actor{Subject: "a", Role: models.RoleReplyOfficer, UnitID: o.maybe("town")}), []string{})
		want(t, "a stranger", sees(auth.Actor{}), []string{})
		for _, state := range models.CycleStates {
			c.State = state
			o.setCycle(c)
			own := []string{}
			if slices.Contains([]models.CycleState{models.CyclePublished, models.CycleDecided, models.CycleFinal}, state) {
				own = []string{"mover north-1", "mover south"}
			}
			want(t, "an official, "+string(state), sees(official("mover")), own)
		}
		hrAndOfficial := o.hr("north")
		hrAndOfficial.OfficialID = o.maybe("s1")
		want(t, "an HR officer who is assessed elsewhere", sees(hrAndOfficial), append(north, "s1 south"))

		runs := func(actor auth.Actor) int {
			found, err := o.RunsByIDs(t.Context(), actor, []models.ID{*c.RunID, *superseded})
			if err != nil {
				t.Fatal(err)
			}
			return len(found)
		}
		if n := runs(o.hr("north-1")); n != 2 {
			t.Errorf("HR of a part sees %d runs of its cycle", n)
		}
		if n := runs(official("mover")); n != 0 {
			t.Errorf("an official sees %d runs", n)
		}

		byOfficial := func(actor auth.Actor, cycle models.ID) map[string]string {
			found, err := o.ByOfficials(t.Context(), actor, cycle, []models.ID{o.id("mover"), o.id("s1"), o.id("n1a")})
			if err != nil {
				t.Fatal(err)
			}
			out := map[string]string{}
			for id, a := range found {
				for _, name := range []string{"mover", "s1", "n1a"} {
					if o.id(name) == id {
						out[name] = o.names([]*models.Assessment{a})[0]
					}
				}
			}
			return out
		}
		want(t, "by officials", byOfficial(o.hr("town"), c.ID), map[string]string{
			"mover": "mover south", "s1": "s1 south", "n1a": "n1a north-1",
		})
		want(t, "by officials of the north", byOfficial(o.hr("north"), c.ID), map[string]string{
			"mover": "mover north-1", "n1a": "n1a north-1",
		})
		found, err := o.ByOfficials(t.Context(), o.hr("town"), older.ID, []models.ID{o.id("s1")})
		if err != nil || len(found) != 1 || *found[o.id("s1")].Composite != 41 {
			t.Errorf("of two runs the one that counts: %v, %v", found, err)
		}
	})
}

// full is a writer that fails.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestExportSaysWhatWentWrong(t *testing.T) {
	o, c := staffed(t, storetest.Open(t, store.SQLite, store.Options{}))
	if err := o.Export(t.Context(), o.hr("town"), models.ReportFilter{CycleID: c.ID}, models.FormatCSV, messages.Chinese, full{}); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("a full disk gives %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := o.Export(ctx, o.hr("town"), models.ReportFilter{CycleID: c.ID}, models.FormatCSV, messages.Chinese, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who has left gives %v", err)
	}
}
