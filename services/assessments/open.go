package assessments

import (
	"context"
	"fmt"
	"io"
	"iter"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/messages"
	"steelyard/models"
	"steelyard/report"
	"steelyard/store"
)

// filePage is how many rows of a file are read in one go, and held at once.
const filePage = 1000

// Open returns the report that a filter selects, with what it is of: the rows of
// [Service.Report] in the order of the files, read page by page as they are asked
// for. A cycle without a run has none. Whoever ranges over the rows twice, or must not
// meet rows of two states of the tree of units, writes a [File].
func (s *Service) Open(ctx context.Context, actor auth.Actor, f models.ReportFilter) (report.Report, error) {
	return s.open(s.Store.Read(ctx), actor, fileOf(f, models.FormatCSV, ""))
}

// open returns the report that a file is written of, read by a handle of one state of
// the database or of each as it is.
func (s *Service) open(db *gorm.DB, actor auth.Actor, f File) (report.Report, error) {
	q := f.query()
	units, err := wholeRun(db, actor, q)
	if err != nil {
		return report.Report{}, err
	}
	q.unscoped = units != nil
	reportRows, err := s.reportRows(db, actor, q)
	if err != nil {
		return report.Report{}, err
	}
	about, err := s.about(db, actor, f.filter())
	if err != nil {
		return report.Report{}, err
	}
	rows := pages(reportRows, f.Ordering)
	if q.unscoped {
		rows = of(rows, units)
	}
	return report.Report{About: about, Rows: rows, Columns: f.Columns}, nil
}

// wholeRun returns the external ids of the units of a report that covers all of its
// cycle's unit; nil where it covers a part. The rows of a whole run are then read in
// their order, and those of units that have left the scope since are passed over here:
// asked for by their units as well, PostgreSQL gathers and sorts all that remain for each
// page. Of a part there are few.
func wholeRun(db *gorm.DB, actor auth.Actor, q Query) (map[string]bool, error) {
	cycle, err := store.Take[models.Cycle](db.Where("id = ?", q.CycleID), "Cycle")
	if err != nil {
		return nil, err
	}
	scopes := []*models.ID{actor.UnitID}
	if q.UnitID != nil {
		scopes = append(scopes, q.UnitID)
	}
	query := db.Model(&models.OrgUnit{})
	for _, scope := range scopes {
		if covered, err := store.Covers(db, scope, cycle.UnitID); err != nil || !covered {
			return nil, err
		}
		query = query.Scopes(store.InScope("id", scope))
	}
	var refs []string
	if err := query.Pluck("ref", &refs).Error; err != nil {
		return nil, fmt.Errorf("read the units of a report: %w", err)
	}
	units := make(map[string]bool, len(refs))
	for _, ref := range refs {
		units[ref] = true
	}
	return units, nil
}

// of keeps the rows of some units.
func of(rows report.Rows, units map[string]bool) report.Rows {
	return func(yield func(*report.Row, error) bool) {
		for r, err := range rows {
			if (err != nil || units[r.Unit]) && !yield(r, err) {
				return
			}
		}
	}
}

// Export writes a report as a file in a language, in the order of the files.
func (s *Service) Export(ctx context.Context, actor auth.Actor, f models.ReportFilter, format models.ReportFormat, l messages.Lang, w io.Writer) error {
	return s.ExportFile(ctx, actor, fileOf(f, format, l), w)
}

// exportDetails are what an audit entry says of a file that was taken out.
func exportDetails(f models.ReportFilter, format models.ReportFormat) map[string]string {
	details := map[string]string{"format": string(format)}
	if f.UnitID != nil {
		details["unit"] = f.UnitID.String()
	}
	if f.PeerGroup != nil {
		details["peerGroup"] = *f.PeerGroup
	}
	return details
}

// Look is how files look in a language.
func (s *Service) Look(l messages.Lang) report.Look {
	return report.Look{Lang: l, Zone: s.Zone, Font: s.Font, Minimum: s.Thresholds.Figures}
}

// about says what a report is of.
func (s *Service) about(read *gorm.DB, actor auth.Actor, f models.ReportFilter) (report.About, error) {
	cycle, err := store.Take[models.Cycle](read.Where("id = ?", f.CycleID), "Cycle")
	if err != nil {
		return report.About{}, err
	}
	about := report.About{Cycle: cycle.Name, Period: cycle.Period()}
	if f.PeerGroup != nil {
		about.PeerGroup = *f.PeerGroup
	}
	unit, err := store.Take[models.OrgUnit](read.Where("id = ?", s.covered(actor, cycle, f.UnitID)), "OrgUnit")
	if err != nil {
		return report.About{}, err
	}
	about.Unit = unit.Name
	of := cycle.RunID
	if f.RunID != nil {
		of = f.RunID
	}
	if of == nil {
		return about, nil
	}
	run, err := store.Take[models.AssessmentRun](read.Where("id = ?", *of), "AssessmentRun")
	if err != nil {
		return report.About{}, err
	}
	about.EngineVersion, about.EvidenceDigest, about.PolicyDigest = run.EngineVersion, run.EvidenceDigest, run.PolicyDigest
	if run.FinishedAt != nil {
		about.MadeAt = *run.FinishedAt
	}
	if run.PolicyID != nil {
		policy, err := store.Take[models.Policy](read.Where("id = ?", *run.PolicyID), "Policy")
		if err != nil {
			return report.About{}, err
		}
		about.Policy, about.PolicyVersion = policy.Name, policy.Version
	}
	return about, nil
}

// covered is the unit that a report is of: the one that was asked for, or else
// the actor's scope; what lies outside the cycle has no rows anyway.
func (s *Service) covered(actor auth.Actor, cycle *models.Cycle, unit *models.ID) models.ID {
	switch {
	case unit != nil:
		return *unit
	case actor.UnitID != nil:
		return *actor.UnitID
	}
	return cycle.UnitID
}

// named is an assessment with the external ids and names that files show.
type named struct {
	models.Assessment
	OfficialRef  string
	OfficialName string
	UnitRef      string
	UnitName     string
}

func withNames(query *gorm.DB) *gorm.DB {
	return query.Select("assessments.*, officials.ref AS official_ref, officials.name AS official_name, " +
		"org_units.ref AS unit_ref, org_units.name AS unit_name").
		Joins("JOIN officials ON officials.id = assessments.official_id").
		Joins("JOIN org_units ON org_units.id = assessments.unit_id")
}

func (n *named) row() report.Row {
	row := report.Stored(&n.Assessment, n.OfficialRef, n.UnitRef)
	row.OfficialName, row.UnitName = n.OfficialName, n.UnitName
	return row
}

// pages hands out the rows of a report one after the other in an order, a page at a
// time: the next page begins behind the last row of the one before.
func pages(reportRows func() *gorm.DB, o Order) iter.Seq2[*report.Row, error] {
	return func(yield func(*report.Row, error) bool) {
		for after := (*spot)(nil); ; {
			page, err := pageOf[named](func() *gorm.DB { return withNames(reportRows()) }, o, after, filePage)
			if err != nil {
				yield(nil, fmt.Errorf("read report: %w", err))
				return
			}
			for i := range page {
				row := page[i].row()
				if !yield(&row, nil) {
					return
				}
			}
			if len(page) < filePage {
				return
			}
			after = spotOf(o, &page[len(page)-1].Assessment)
		}
	}
}

// NameRows gives computed rows the names of their officials and units.
func (s *Service) NameRows(ctx context.Context, rows []report.Row) error {
	officials, err := s.namesByRef(ctx, &models.Official{})
	if err != nil {
		return err
	}
	units, err := s.namesByRef(ctx, &models.OrgUnit{})
	if err != nil {
		return err
	}
	for i := range rows {
		rows[i].OfficialName, rows[i].UnitName = officials[rows[i].Official], units[rows[i].Unit]
	}
	return nil
}

func (s *Service) namesByRef(ctx context.Context, of any) (map[string]string, error) {
	var list []struct{ Ref, Name string }
	if err := s.Store.Read(ctx).Model(of).Select("ref, name").Find(&list).Error; err != nil {
		return nil, fmt.Errorf("read names: %w", err)
	}
	names := make(map[string]string, len(list))
	for _, n := range list {
		names[n.Ref] = n.Name
	}
	return names, nil
}
