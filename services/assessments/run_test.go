package assessments

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"steelyard/auth"
	"steelyard/extract"
	"steelyard/messages"
	"steelyard/models"
	"steelyard/report"
	"steelyard/scoring"
	"steelyard/store"
	"steelyard/store/storetest"
)

// fakeClock is a clock that tests move.
type fakeClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *fakeClock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) move(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(by)
}

func (o *office) request(actor auth.Actor, cycle models.ID) *models.AssessmentRun {
	o.t.Helper()
	run, err := o.Request(o.t.Context(), actor, cycle, nil)
	if err != nil {
		o.t.Fatal(err)
	}
	return run
}

// runNext expects that there was, or was not, something to do.
func (o *office) runNext(want bool) {
	o.t.Helper()
	if worked, err := o.RunNext(o.t.Context()); err != nil || worked != want {
		o.t.Fatalf("worked %t, %v; want %t", worked, err, want)
	}
}

func (o *office) stored(run models.ID) *models.AssessmentRun {
	o.t.Helper()
	var r models.AssessmentRun
	if err := o.Store.Read(o.t.Context()).Take(&r, "id = ?", run).Error; err != nil {
		o.t.Fatal(err)
	}
	return &r
}

func (o *office) count(model any, where string, args ...any) int {
	o.t.Helper()
	var n int64
	if err := o.Store.Read(o.t.Context()).Model(model).Where(where, args...).Count(&n).Error; err != nil {
		o.t.Fatal(err)
	}
	return int(n)
}

func (o *office) export(actor auth.Actor, cycle models.ID, unit *models.ID) string {
	o.t.Helper()
	var b bytes.Buffer
	if err := o.Export(o.t.Context(), actor, models.ReportFilter{CycleID: cycle, UnitID: unit}, models.FormatCSV, messages.Chinese, &b); err != nil {
		o.t.Fatal(err)
	}
	return b.String()
}

// computedCSV is what the command writes of a part of the organisation.
func (o *office) computedCSV(unit string) string {
	o.t.Helper()
	c, err := o.Compute(o.t.Context(), o.maybe(unit), march, scoring.DefaultPolicy(), nil)
	if err != nil {
		o.t.Fatal(err)
	}
	var b bytes.Buffer
	if err := report.CSV(&b, report.All(c.Rows)); err != nil {
		o.t.Fatal(err)
	}
	return b.String()
}

func TestRunIsStoredAsComputed(t *testing.T) {
	var files []string
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		fill(o, s.Dialect() == store.Postgres)
		whole, part := o.cycle("whole", "town"), o.cycle("part", "north")
		for _, c := range []*models.Cycle{whole, part} {
			o.request(o.hr("town"), c.ID)
			o.runNext(true)
		}
		o.runNext(false)
		if got, want := o.export(o.hr("town"), whole.ID, nil), o.computedCSV(""); got != want {
			t.Errorf("stored:\n%s\ncomputed:\n%s", got, want)
		}
		if got, want := o.export(o.hr("town"), part.ID, nil), o.computedCSV("north"); got != want {
			t.Errorf("part stored:\n%s\ncomputed:\n%s", got, want)
		}
		files = append(files, o.export(o.hr("town"), whole.ID, nil))
		if files[0] != files[len(files)-1] {
			t.Errorf("the databases differ:\n%s\n%s", files[0], files[len(files)-1])
		}
		if strings.Count(files[0], "\n") != 1+4 {
			t.Errorf("want a line for each of the four postings:\n%s", files[0])
		}

		var c models.Cycle
		if err := s.Read(t.Context()).Take(&c, "id = ?", whole.ID).Error; err != nil {
			t.Fatal(err)
		}
		run := o.stored(*c.RunID)
		if run.State != models.RunDone || run.EngineVersion != scoring.Version || len(run.EvidenceDigest) != 32 ||
			run.FinishedAt == nil || run.StartedAt == nil || run.Failure != "" {
			t.Errorf("the run is %+v", run)
		}
		if n := o.count(&models.AuditEntry{}, "action = ?", "exportReport"); n != 3 {
			t.Errorf("%d audit entries of exports, want 3", n)
		}
	})
}

// extracts wants an extract that gives the whole run anew without the database, and
// tells no key of anybody.
func (o *office) extracts(run *models.AssessmentRun) {
	o.t.Helper()
	var text bytes.Buffer
	if _, err := o.Extract(o.t.Context(), run.ID, &text, nil); err != nil {
		o.t.Fatal(err)
	}
	if n := o.count(&models.AuditEntry{}, "action = ? AND noun_id = ?", "extract", run.ID); n != 1 {
		o.t.Errorf("%d entries say that the run was taken out", n)
	}
	read, err := extract.Read(bytes.NewReader(text.Bytes()))
	if err != nil {
		o.t.Fatal(err)
	}
	if found, err := extract.Verify(o.t.Context(), read, nil); err != nil || len(found) > 0 || len(read.Results) != 4 {
		o.t.Errorf("%d results, %v, %v", len(read.Results), found, err)
	}
	var sheet bytes.Buffer
	if _, err := o.ExtractSheet(o.t.Context(), run.ID, &sheet, nil); err != nil {
		o.t.Fatal(err)
	}
	if s, err := extract.ReadSheet(&sheet); err != nil || len(s.Lines) != 4 {
		o.t.Errorf("%+v, %v", s, err)
	}
	if stored := o.stored(run.ID); !bytes.Equal(read.EvidenceDigest[:], stored.EvidenceDigest) {
		o.t.Error("the extract rests on something else than the run")
	}
	var hashes []models.Hash
	if err := o.Store.Read(o.t.Context()).Raw("SELECT rater_key FROM ratings WHERE rater_key IS NOT NULL").Scan(&hashes).Error; err != nil || len(hashes) == 0 {
		o.t.Fatal(len(hashes), err)
	}
	for _, h := range hashes {
		if strings.Contains(text.String(), h.Key()) {
			o.t.Error("the extract holds a resident's hash")
		}
	}
}

func TestVerifyFindsWhatWasTouched(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		fill(o, false)
		run := o.request(o.hr("town"), o.cycle("c", "town").ID)
		if _, err := o.Verify(t.Context(), run.ID, nil); models.CodeOf(err) != models.CodeIllegalState {
			t.Errorf("a waiting run gives %v", err)
		}
		o.runNext(true)
		differences := func() []string {
			v, err := o.Verify(t.Context(), run.ID, nil)
			if err != nil {
				t.Fatal(err)
			}
			what := make([]string, len(v.Differences))
			for i, d := range v.Differences {
				what[i] = strings.TrimSpace(d.Official + " " + d.What)
			}
			if v.OK() != (len(what) == 0) {
				t.Error("OK does not say whether there are differences")
			}
			return what
		}
		want(t, "untouched", differences(), []string{})
		o.extracts(run)
		owner := storetest.Owner(t, s)
		touch := func(statement string, args ...any) {
			if err := owner.InTx(t.Context(), func(tx *store.Tx) error { return tx.Exec(statement, args...).Error }); err != nil {
				t.Fatal(err)
			}
		}
		touch("UPDATE assessments SET visibility = 12.25 WHERE official_id = ?", o.id("A"))
		want(t, "a figure", differences(), []string{"A visibility"})
		if _, err := o.Extract(t.Context(), run.ID, io.Discard, nil); !errors.Is(err, ErrNotAsStored) {
			t.Errorf("a run that was touched is extracted: %v", err)
		}
		touch("UPDATE assessments SET flags = ? WHERE official_id = ?", `["NONSENSE"]`, o.id("C"))
		want(t, "two figures", differences(), []string{"A visibility", "C flags"})
		o.rating("A", "easy", "2025-03-05", 1, "late-comer")
		if got := differences(); len(got) < 3 || got[0] != "evidenceDigest" {
			t.Errorf("another rating gives %v", got)
		}
	})
}

// TestExplanationsComeThroughAStepBack takes the step that made one row of an
// explanation's lines back and forth again.
func TestExplanationsComeThroughAStepBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		s = storetest.Owner(t, s)
		o := newOffice(t, s)
		fill(o, false)
		o.request(o.hr("town"), o.cycle("c", "town").ID)
		o.runNext(true)
		explanations := func() (all []models.Explanation) {
			if err := s.Read(t.Context()).Find(&all).Error; err != nil {
				t.Fatal(err)
			}
			return all
		}
		value := 1.0 / 3
		why := models.Explanation{Parts: []*models.ScorePart{
			{Code: "BASE", Points: 5000, Pieces: []models.EvidencePiece{}},
			{Component: models.ComponentSatisfaction, Code: "RAW", Points: -12, Value: &value, Pieces: []models.EvidencePiece{
				{Source: "RATING", Month: "2025-03", Kind: "办\"证", Value: 0.1, Weight: 2e-17, Effect: -1e22},
			}},
		}}
		err := s.InTx(t.Context(), func(tx *store.Tx) error {
			var a models.Assessment
			if err := tx.Take(&a).Error; err != nil {
				return err
			}
			why.AssessmentID = a.ID
			return tx.Create(&why).Error
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.MigrateDownTo(t.Context(), 11); err != nil {
			t.Fatal(err)
		}
		if _, err := s.MigrateUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		want(t, "after the step", explanations(), []models.Explanation{why})
	})
}

func TestAHundredRequestsGiveOneRun(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		for name, key := range map[string]*string{"without a key": nil, "with the same key": new("k1")} {
			c := o.cycle(name, "town")
			var wg sync.WaitGroup
			runs, errs := make([]*models.AssessmentRun, 100), make([]error, 100)
			for i := range runs {
				wg.Go(func() { runs[i], errs[i] = o.Request(t.Context(), o.hr("town"), c.ID, key) })
			}
			wg.Wait()
			made := map[models.ID]int{}
			for i, err := range errs {
				switch {
				case err == nil:
					made[runs[i].ID]++
				case !errors.Is(err, models.Conflict("", models.KeyRunActive)):
					t.Errorf("%s: request %d: %v", name, i, err)
				}
			}
			if len(made) != 1 || o.count(&models.AssessmentRun{}, "cycle_id = ?", c.ID) != 1 {
				t.Errorf("%s: runs %v", name, made)
			}
			for _, n := range made {
				if key == nil && n != 1 || key != nil && n != 100 {
					t.Errorf("%s: %d were told that they made it", name, n)
				}
			}
			if n := o.count(&models.AuditEntry{}, "action = ? AND noun_id IN (SELECT id FROM assessment_runs WHERE cycle_id = ?)",
				"runAssessment", c.ID); n != 1 {
				t.Errorf("%s: %d audit entries", name, n)
			}
		}
	})
}

func TestRequestFollowsTheLifeOfTheCycle(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		for state, code := range map[models.CycleState]models.Code{
			models.CycleDraft: models.CodeIllegalState, models.CycleCollecting: "", models.CycleScoring: "",
			models.CyclePublished: "", models.CycleDecided: models.CodeIllegalState, models.CycleFinal: models.CodeIllegalState,
		} {
			c := o.cycle(string(state), "north")
			c.State = state
			if err := s.InTx(t.Context(), func(tx *store.Tx) error { return tx.Select("state").UpdateColumns(c).Error }); err != nil {
				t.Fatal(err)
			}
			if _, err := o.Request(t.Context(), o.hr("south"), c.ID, nil); !errors.Is(err, models.NotFound("Cycle")) {
				t.Errorf("%s: the neighbour gets %v", state, err)
			}
			if _, err := o.Request(t.Context(), o.hr("north-1"), c.ID, nil); !errors.Is(err, models.NotFound("Cycle")) {
				t.Errorf("%s: who has a part of it gets %v", state, err)
			}
			auditor := o.hr("town")
			auditor.Role = models.RoleAuditor
			if _, err := o.Request(t.Context(), auditor, c.ID, nil); !errors.Is(err, models.Forbidden()) {
				t.Errorf("%s: an auditor gets %v", state, err)
			}
			_, err := o.Request(t.Context(), o.hr("town"), c.ID, nil)
			if models.CodeOf(err) != code {
				t.Errorf("%s: %v, want %q", state, err, code)
			}
			var after models.Cycle
			if err := s.Read(t.Context()).Take(&after, "id = ?", c.ID).Error; err != nil {
				t.Fatal(err)
			}
			if scored := after.State == models.CycleScoring; scored != (code == "") || !scored && after.State != state {
				t.Errorf("%s has become %s", state, after.State)
			}
		}
	})
}
