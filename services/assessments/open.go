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
	"steelyard/services/audit"
	"steelyard/store"
)

// filePage is how many rows of a file are read in one go. Between two pages
// nothing of the database is held, however slowly the file is taken.
const filePage = 1000

// Open returns the report that a filter selects, with what it is of: the rows of
// [Service.Report] in the order of the files, read page by page as they are asked
// for. A cycle without a run has none.
func (s *Service) Open(ctx context.Context, actor auth.Actor, f models.ReportFilter) (report.Report, error) {
	reportRows, err := s.reportRows(ctx, actor, Query{CycleID: f.CycleID, UnitID: f.UnitID, PeerGroup: f.PeerGroup})
	if err != nil {
		return report.Report{}, err
	}
	about, err := s.about(ctx, actor, f)
	if err != nil {
		return report.Report{}, err
	}
	return report.Report{About: about, Rows: pages(reportRows)}, nil
}

// Export writes a report as a file in a language, in the order of the files.
// Before the first byte it leaves an entry in the audit trail: who took which rows
// out.
func (s *Service) Export(ctx context.Context, actor auth.Actor, f models.ReportFilter, format models.ReportFormat, l messages.Lang, w io.Writer) error {
	r, err := s.Open(ctx, actor, f)
	if err != nil {
		return err
	}
	err = s.Store.InTx(ctx, func(tx *store.Tx) error {
		return audit.Record(tx, audit.Entry{
			Actor: actor.Subject, Action: "exportReport", Noun: "Cycle", NounID: &f.CycleID, Details: exportDetails(f, format),
		})
	})
	if err != nil {
		return err
	}
	return report.Write(w, format, s.Look(l), r)
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
func (s *Service) about(ctx context.Context, actor auth.Actor, f models.ReportFilter) (report.About, error) {
	read := s.Store.Read(ctx)
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
	if cycle.RunID == nil {
		return about, nil
	}
	run, err := store.Take[models.AssessmentRun](read.Where("id = ?", *cycle.RunID), "AssessmentRun")
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

// pages hands out the rows of a report one after the other, a page at a time.
func pages(reportRows func() *gorm.DB) iter.Seq2[*report.Row, error] {
	return func(yield func(*report.Row, error) bool) {
		for after := -1; ; {
			var page []named
			err := withNames(reportRows()).Where("sort_order > ?", after).Order("sort_order").Limit(filePage).Find(&page).Error
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
			after = page[len(page)-1].SortOrder
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
