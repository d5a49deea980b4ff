package assessments

import (
	"fmt"
	"io"
	"runtime"
	"testing"

	"steelyard/messages"
	"steelyard/models"
	"steelyard/store"
	"steelyard/store/storetest"
)

// crowd is a cycle with a run of so many officials that is done.
func (o *office) crowd(n int) *models.Cycle {
	o.t.Helper()
	c := o.cycle(fmt.Sprint("crowd ", n), "town")
	run := &models.AssessmentRun{ID: models.NewID(), CycleID: c.ID, State: models.RunDone, RequestedBy: "hr", RequestedAt: o.Store.Now()}
	o.add(run)
	position, rows := o.position("clerk"), &results{runID: run.ID, assessments: make([]assessmentRow, n)}
	components := `[{"component":"SATISFACTION","value":51.25,"se":2.5,"n":40,"counts":true,"weight":0.35},` +
		`{"component":"OUTCOMES","value":48.5,"se":3,"n":30,"counts":true,"weight":0.35}]`
	for i := range rows.assessments {
		composite, rank := models.Score(100-float64(i%10_000)/100), i+1
		rows.assessments[i] = assessmentRow{Assessment: models.Assessment{
			ID: models.NewID(), RunID: run.ID, OfficialID: models.NewID(), PostingID: models.NewID(), UnitID: o.id([]string{"north", "north-1", "south"}[i%3]),
			Position: "clerk", PeerGroup: "clerk", SortOrder: i + 1, Status: models.StatusScored, Composite: &composite, Rank: &rank,
		}, flags: "[]", components: components}
	}
	err := o.Store.InTx(o.t.Context(), func(tx *store.Tx) error {
		for _, t := range []struct {
			name    string
			columns []string
			values  func(a *assessmentRow, to []any) []any
		}{
			{"officials", []string{"id", "ref", "unit_id", "position_id", "name"}, func(a *assessmentRow, to []any) []any {
				return append(to, a.OfficialID[:], fmt.Sprintf("P%d-%06d", n, a.SortOrder), a.UnitID[:], position[:], "Somebody")
			}},
			{"postings", []string{"id", "official_id", "unit_id", "position_id", "from_on"}, func(a *assessmentRow, to []any) []any {
				return append(to, a.PostingID[:], a.OfficialID[:], a.UnitID[:], position[:], models.SinceEver)
			}},
			{"assessments", assessmentColumns, (*assessmentRow).values},
		} {
			if _, err := tx.Load(o.t.Context(), t.name, t.columns, each(rows.assessments, t.values)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		o.t.Fatal(err)
	}
	c.RunID, c.State = &run.ID, models.CycleScoring
	o.setCycle(c)
	return c
}

// living is the most of the heap that lived when something was written, or was read:
// what the collector finds after each piece.
type living struct{ most uint64 }

func (l *living) Write(p []byte) (int, error) {
	l.look()
	return len(p), nil
}

func (l *living) look() {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	l.most = max(l.most, m.HeapAlloc)
}

// TestAnExportsMemoryDoesNotGrowWithItsRows: ten times the officials hold no more than a
// small part more. What a table of 20,000 rows would hold by itself is some 20 MiB.
func TestAnExportsMemoryDoesNotGrowWithItsRows(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		few, many := o.crowd(2_000), o.crowd(20_000)
		formats := []models.ReportFormat{models.FormatCSV}
		if s.Dialect() == store.SQLite { // it is the same for both: what differs is read alike
			formats = append(formats, models.FormatXLSX)
		}
		for _, format := range formats {
			most := func(c *models.Cycle) uint64 {
				l := &living{}
				l.look()
				before := l.most
				told := func(done int) {
					if done%5_000 == 0 {
						l.look()
					}
				}
				e := &models.Export{CycleID: c.ID, RunID: *c.RunID, Lang: string(messages.English), ReportSpec: models.ReportSpec{
					Kind: models.ReportAssessments, Format: format, Ordering: models.OrderRank,
				}}
				var w io.Writer = l
				if format == models.FormatXLSX {
					w = io.Discard // what it writes comes after all has been read
				}
				if err := o.WriteExport(t.Context(), o.hr("town"), e, told, w); err != nil {
					t.Fatal(err)
				}
				l.look()
				return l.most - min(before, l.most)
			}
			most(few) // statements are prepared, fonts and tables laid out
			small, large := most(few), most(many)
			const slack = 4 << 20
			if format == models.FormatXLSX {
				// The library keeps up to 16 MiB of a sheet before it uses a file.
				if large > small+20<<20 {
					t.Errorf("%s: %d KiB live for 2,000 officials, %d for 20,000", format, small>>10, large>>10)
				}
			} else if large > 2*small+slack {
				t.Errorf("%s: %d KiB live for 2,000 officials, %d for 20,000", format, small>>10, large>>10)
			}
		}
	})
}

// TestExportsComeInTheirOrderPageAfterPage: a file in each order is what the pages of the
// report say, also where it takes several reads.
func TestExportsComeInTheirOrderPageAfterPage(t *testing.T) {
	o := newOffice(t, storetest.Open(t, store.SQLite, store.Options{}))
	c := o.crowd(2_500)
	for _, order := range models.AssessmentOrders {
		r, err := o.open(o.Store.Read(t.Context()), o.hr("town"), File{CycleID: c.ID, ReportSpec: models.ReportSpec{Kind: models.ReportAssessments, Ordering: order}})
		if err != nil {
			t.Fatal(err)
		}
		var got, want []int
		for row, err := range r.Rows {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, row.Rank)
		}
		for q := (Query{CycleID: c.ID, Order: order, First: 100}); ; {
			rows, more, err := o.Report(t.Context(), o.hr("town"), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range rows {
				want = append(want, *a.Rank)
			}
			if !more {
				break
			}
			q.After = Place(order, rows[len(rows)-1])
		}
		if len(got) != 2_500 || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %d rows in the file, %d in the report, in other orders", order, len(got), len(want))
		}
	}
}
