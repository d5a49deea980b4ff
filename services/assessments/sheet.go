package assessments

import (
	"context"
	"io"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/messages"
	"steelyard/models"
	"steelyard/report"
	"steelyard/services/audit"
	"steelyard/store"
)

// ExportSheet writes an official's sheet in a cycle as PDF, for whoever sees the
// assessment: HR officers and auditors within their scope, the official once the
// cycle is published. Before the first byte it leaves an entry in the audit trail.
func (s *Service) ExportSheet(ctx context.Context, actor auth.Actor, cycleID, officialID models.ID, l messages.Lang, w io.Writer) error {
	var a *models.Assessment
	var sheet *report.Sheet
	err := s.Store.InReadTx(ctx, func(db *gorm.DB) error {
		found, err := byOfficials(db, actor, cycleID, []models.ID{officialID})
		if err != nil {
			return err
		}
		if a = found[officialID]; a == nil {
			return models.NotFound("Assessment")
		}
		sheet, err = s.sheet(db, actor, cycleID, a)
		return err
	})
	if err != nil {
		return err
	}
	err = s.Store.InTx(ctx, func(tx *store.Tx) error {
		return audit.Record(tx, audit.Entry{
			Actor: actor.Subject, Action: "exportOfficialSheet", Noun: "Assessment", NounID: &a.ID,
			Details: map[string]string{"cycle": cycleID.String(), "format": string(models.FormatPDF)},
		})
	})
	if err != nil {
		return err
	}
	return report.WriteSheet(w, s.Look(l), *sheet)
}

// sheet gathers what stands on an official's sheet, read by a handle of one state of the
// database. What it says of policy and evidence is of the run of the assessment.
func (s *Service) sheet(db *gorm.DB, actor auth.Actor, cycleID models.ID, a *models.Assessment) (*report.Sheet, error) {
	sheet := &report.Sheet{Assessment: a}
	about, err := s.about(db, actor, models.ReportFilter{CycleID: cycleID, RunID: &a.RunID, UnitID: &a.UnitID})
	if err != nil {
		return nil, err
	}
	sheet.About = about
	var n named
	if err := withNames(db.Model(&models.Assessment{})).Where("assessments.id = ?", a.ID).Take(&n).Error; err != nil {
		return nil, err
	}
	sheet.Row = n.row()
	parts, err := partsByAssessments(db, actor, []models.ID{a.ID})
	if err != nil {
		return nil, err
	}
	sheet.Parts = parts[a.ID]
	trend, err := trendsByOfficials(db, actor, []models.ID{a.OfficialID})
	if err != nil {
		return nil, err
	}
	for _, t := range trend[a.OfficialID] {
		if t.Cycle.ToOn.EpochDay() < about.Period.From.EpochDay() {
			row := report.Stored(t.Assessment, "", "")
			sheet.Trend = append(sheet.Trend, report.TrendPoint{
				Cycle: t.Cycle.Name, Period: t.Cycle.Period(), Composite: row.Composite, Low: row.Low, High: row.High,
			})
		}
	}
	return sheet, nil
}

// CycleResult is an official's assessment in a cycle, of the run that counts.
type CycleResult struct {
	Cycle      *models.Cycle
	Assessment *models.Assessment
}

// maxTrend is how many results of an official are looked back at.
const maxTrend = 50

// TrendsByOfficials returns the officials' assessments over the cycles, those that
// the actor may see, by official: the oldest first, of several postings in a cycle
// the earlier first.
func (s *Service) TrendsByOfficials(ctx context.Context, actor auth.Actor, officials []models.ID) (map[models.ID][]CycleResult, error) {
	return trendsByOfficials(s.Store.Read(ctx), actor, officials)
}

func trendsByOfficials(db *gorm.DB, actor auth.Actor, officials []models.ID) (map[models.ID][]CycleResult, error) {
	var rows []*models.Assessment
	err := db.Scopes(visible(actor)).Select("assessments.*").
		Joins("JOIN cycles ON cycles.run_id = assessments.run_id").
		Joins("JOIN postings ON postings.id = assessments.posting_id").
		Scopes(store.Among("assessments.official_id", officials)).
		Order("cycles.to_on, cycles.from_on, cycles.id, postings.from_on").Find(&rows).Error
	if err != nil {
		return nil, err
	}
	runs := make([]models.ID, len(rows))
	for i, r := range rows {
		runs[i] = r.RunID
	}
	var cycles []*models.Cycle
	if err := db.Where("run_id IN ?", runs).Find(&cycles).Error; err != nil {
		return nil, err
	}
	byRun := make(map[models.ID]*models.Cycle, len(cycles))
	for _, c := range cycles {
		byRun[*c.RunID] = c
	}
	out := make(map[models.ID][]CycleResult, len(officials))
	for _, r := range rows {
		out[r.OfficialID] = append(out[r.OfficialID], CycleResult{byRun[r.RunID], r})
	}
	for id, list := range out {
		out[id] = list[max(0, len(list)-maxTrend):]
	}
	return out, nil
}
