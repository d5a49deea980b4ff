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

// File is a report to be written as a file.
type File struct {
	CycleID    models.ID
	RunID      *models.ID // nil: the run that counts
	OfficialID *models.ID // whose sheet
	models.ReportSpec
	Lang messages.Lang
}

// fileOf is the report of everybody in the order of the files.
func fileOf(f models.ReportFilter, format models.ReportFormat, l messages.Lang) File {
	return File{CycleID: f.CycleID, RunID: f.RunID, Lang: l, ReportSpec: models.ReportSpec{
		Kind: models.ReportAssessments, Format: format, WithinID: f.UnitID, PeerGroup: f.PeerGroup, Ordering: models.OrderRank,
	}}
}

// filter is which rows it has.
func (f *File) filter() models.ReportFilter {
	return models.ReportFilter{CycleID: f.CycleID, RunID: f.RunID, UnitID: f.WithinID, PeerGroup: f.PeerGroup}
}

// query asks for its rows.
func (f *File) query() Query {
	return Query{CycleID: f.CycleID, RunID: f.RunID, UnitID: f.WithinID, PeerGroup: f.PeerGroup, Only: onlyOf[f.Kind], Order: f.Ordering}
}

// onlyOf are the narrower reports by what files call them.
var onlyOf = map[models.ReportKind]Only{
	models.ReportUnsung: OnlyUnsung, models.ReportShowcase: OnlyShowy, models.ReportBoundary: OnlyBoundary,
}

// ExportFile writes a report as a file for whoever asks. Before the first byte it
// leaves an entry in the audit trail: who took which rows out.
func (s *Service) ExportFile(ctx context.Context, actor auth.Actor, f File, w io.Writer) error {
	if _, err := s.reportRows(s.Store.Read(ctx), actor, f.query()); err != nil {
		return err
	}
	if err := f.ValidRows(models.ListKinds); err != nil {
		return err
	}
	if err := report.CheckColumns(f.Columns); err != nil {
		return err
	}
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		return audit.Record(tx, audit.Entry{
			Actor: actor.Subject, Action: "exportReport", Noun: "Cycle", NounID: &f.CycleID, Details: exportDetails(f.filter(), f.Format),
		})
	})
	if err != nil {
		return err
	}
	return s.writeFile(ctx, actor, f, nil, w)
}

// writeFile writes a report from one state of the database: its rows may be read more
// than once, and units move. Told, where it is given, hears after how many rows.
func (s *Service) writeFile(ctx context.Context, actor auth.Actor, f File, told func(done int), w io.Writer) error {
	return s.Store.InReadTx(ctx, func(db *gorm.DB) error {
		r, err := s.open(db, actor, f)
		if err != nil {
			return err
		}
		if told != nil {
			r.Rows = counted(r.Rows, report.Passes(f.Format), told)
		}
		thresholds, err := s.thresholdsOf(db, f.filter().CycleID)
		if err != nil {
			return err
		}
		look := s.Look(f.Lang)
		look.Minimum = thresholds.Figures
		return report.Write(w, f.Format, look, r)
	})
}

// counted tells how many rows have been handed out, where all are in so many passes.
func counted(rows report.Rows, passes int, told func(done int)) report.Rows {
	n := 0
	return func(yield func(*report.Row, error) bool) {
		for r, err := range rows {
			if !yield(r, err) {
				return
			}
			if n++; n%filePage == 0 {
				told(n / passes)
			}
		}
	}
}

// Prepare says whether an actor may have a report written in the background, and
// settles of which run: the one that is named, or the one that counts now. It notes how
// many rows there are.
func (s *Service) Prepare(ctx context.Context, actor auth.Actor, e *models.Export) error {
	if !actor.Is(readers...) {
		return models.Forbidden()
	}
	if err := e.ReportSpec.Validate(); err != nil {
		return err
	}
	switch sheet := e.Kind == models.ReportSheet; {
	case sheet && e.OfficialID == nil:
		return models.Invalid("officialId", models.KeyRequired)
	case !sheet && e.OfficialID != nil:
		return models.Invalid("officialId", models.KeyOneOfTwo, "officialId", string(e.Kind))
	}
	if err := report.CheckColumns(e.Columns); err != nil {
		return err
	}
	named := e.RunID != (models.ID{})
	if err := s.settleRun(ctx, actor, e); err != nil {
		return err
	}
	if e.OfficialID != nil {
		return s.prepareSheet(ctx, actor, e, named)
	}
	f := fileOfExport(e)
	n, err := s.Count(ctx, actor, f.query())
	if err != nil {
		return models.AtField("filter.unitId", err)
	}
	e.Total = n
	return report.CheckLength(e.Format, n)
}

// prepareSheet says whether an official has an assessment that the actor may see in the
// run that is named, or else settles that the run is the one whose assessment counts: a
// remedy's where there was one.
func (s *Service) prepareSheet(ctx context.Context, actor auth.Actor, e *models.Export, named bool) error {
	e.Total = 1
	return s.Store.InReadTx(ctx, func(db *gorm.DB) error {
		if named {
			_, err := exported(db, actor, e)
			return err
		}
		found, err := byOfficials(db, actor, e.CycleID, []models.ID{*e.OfficialID})
		if err != nil {
			return err
		}
		a := found[*e.OfficialID]
		if a == nil {
			return models.AtField("officialId", models.NotFound("Official"))
		}
		e.RunID = a.RunID
		return nil
	})
}

// exported is the assessment that an export's sheet is of: of several postings in its run
// the last one that the actor may see.
func exported(db *gorm.DB, actor auth.Actor, e *models.Export) (*models.Assessment, error) {
	a, err := store.Take[models.Assessment](db.Scopes(visible(actor)).Select("assessments.*").
		Joins("JOIN postings ON postings.id = assessments.posting_id").
		Where("assessments.run_id = ? AND assessments.official_id = ?", e.RunID, *e.OfficialID).
		Order("postings.from_on DESC, postings.id DESC").Limit(1), "Official")
	return a, models.AtField("officialId", err)
}

// CycleFor finds the cycle that a report is to be written of: the one that is named,
// which must be of the kind, or else the last one of the kind that has results. Without a
// kind any will do.
func (s *Service) CycleFor(ctx context.Context, actor auth.Actor, id *models.ID, kind models.CycleKind) (*models.Cycle, error) {
	query := s.Store.Read(ctx).Scopes(cyclesInReach(actor))
	if id != nil {
		cycle, err := store.Take[models.Cycle](query.Where("id = ?", *id), "Cycle")
		if err == nil && kind != "" && cycle.Kind != kind {
			err = models.Invalid("", models.KeyNotInList, string(cycle.Kind), string(kind))
		}
		return cycle, err
	}
	if kind != "" {
		query = query.Where("kind = ?", kind)
	}
	cycle, err := store.Take[models.Cycle](query.Where("run_id IS NOT NULL").Order("to_on DESC, from_on DESC, id"), "Cycle")
	if models.CodeOf(err) == models.CodeNotFound {
		return nil, models.Conflict("", models.KeyNoResults)
	}
	return cycle, err
}

// settleRun finds the cycle and the run of an export.
func (s *Service) settleRun(ctx context.Context, actor auth.Actor, e *models.Export) error {
	if e.RunID != (models.ID{}) {
		run, err := s.run(ctx, actor, e.RunID)
		if err != nil {
			return models.AtField("runId", err)
		}
		if run.State != models.RunDone {
			return models.Conflict("runId", models.KeyRunNotDone, string(run.State))
		}
		if e.CycleID != (models.ID{}) && e.CycleID != run.CycleID {
			return models.AtField("runId", models.NotFound("AssessmentRun"))
		}
		e.CycleID = run.CycleID
		return nil
	}
	cycle, err := store.Take[models.Cycle](s.Store.Read(ctx).Scopes(cyclesInReach(actor)).Where("id = ?", e.CycleID), "Cycle")
	if err != nil {
		return models.AtField("cycleId", err)
	}
	if cycle.RunID == nil {
		return models.Conflict("cycleId", models.KeyNoResults)
	}
	e.RunID = *cycle.RunID
	return nil
}

func fileOfExport(e *models.Export) File {
	return File{CycleID: e.CycleID, RunID: &e.RunID, OfficialID: e.OfficialID, ReportSpec: e.ReportSpec, Lang: messages.Lang(e.Lang)}
}

// WriteExport writes the file of an export for the actor that asked for it. Told hears
// after how many of its rows.
func (s *Service) WriteExport(ctx context.Context, actor auth.Actor, e *models.Export, told func(done int), w io.Writer) error {
	if e.OfficialID == nil {
		return s.writeFile(ctx, actor, fileOfExport(e), told, w)
	}
	return s.Store.InReadTx(ctx, func(db *gorm.DB) error {
		a, err := exported(db, actor, e)
		if err != nil {
			return err
		}
		sheet, err := s.sheet(db, actor, e.CycleID, a)
		if err != nil {
			return err
		}
		return report.WriteSheet(w, s.Look(messages.Lang(e.Lang)), *sheet)
	})
}
