package exports

import (
	"context"
	"strings"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/report"
	"steelyard/services/audit"
	"steelyard/store"
	leases "steelyard/store/lease"
)

// maxWaiting is how many exports of one person may wait or be written at a time.
const maxWaiting = 10

// New is an export to be written.
type New struct {
	CycleID    *models.ID // needed unless RunID or DefinitionID says which
	RunID      *models.ID // this run; nil: the one that counts now
	OfficialID *models.ID // whose sheet
	// DefinitionID is a saved definition that says all the rest; nil: Spec says it.
	DefinitionID   *models.ID
	Spec           models.ReportSpec
	Lang           string
	IdempotencyKey *string
}

// Request has a report written in the background, for HR officers and auditors, of
// what they may see at this time. A repeat with the same key gets the first export.
func (s *Service) Request(ctx context.Context, actor auth.Actor, in New) (*models.Export, error) {
	if !actor.Is(readers...) || actor.UnitID == nil {
		return nil, models.Forbidden()
	}
	if err := models.ValidIdempotencyKey(in.IdempotencyKey, false); err != nil {
		return nil, err
	}
	if again, err := s.repeated(ctx, actor, in); err != nil || again != nil {
		return again, err
	}
	e, err := s.draft(ctx, actor, in)
	if err != nil {
		return nil, err
	}
	// Whoever asks has here what the writing will have, and no more: what could not be
	// written is refused at once.
	if err := s.Prepare(ctx, asker(e), e); err != nil {
		return nil, err
	}
	err = s.Store.InTx(ctx, func(tx *store.Tx) error {
		id, err := store.Once(tx, operation, actor.Subject, in.IdempotencyKey, asked(in), e.ID, func() error { return queue(tx, e) })
		if err != nil || id == e.ID {
			return err
		}
		e, err = store.Take[models.Export](tx.Where("id = ?", id), "Export")
		return err
	})
	if err != nil {
		return nil, err
	}
	s.signal.call()
	leases.Asked(ctx, e.ID)
	return e, nil
}

const operation = "requestExport"

// repeated is the export of an earlier request with the same key, whatever has become
// of the cycle or the definition since; nil where there is none.
func (s *Service) repeated(ctx context.Context, actor auth.Actor, in New) (*models.Export, error) {
	if in.IdempotencyKey == nil || *in.IdempotencyKey == "" {
		return nil, nil
	}
	db := s.Store.Read(ctx)
	id, found, err := store.Known(db, operation, actor.Subject, *in.IdempotencyKey, asked(in))
	if err != nil || !found {
		return nil, err
	}
	return store.Take[models.Export](db.Where("id = ?", id), "Export")
}

// asked is what a repeat must ask for, too; in which language it asks is of the caller's
// surroundings.
func asked(in New) New {
	in.Lang = ""
	return in
}

// draft is the export that is asked for, before it is settled of which run it is.
func (s *Service) draft(ctx context.Context, actor auth.Actor, in New) (*models.Export, error) {
	e := &models.Export{
		ID: models.NewID(), RequestedBy: actor.Subject, Role: actor.Role, ScopeID: *actor.UnitID,
		OfficialID: in.OfficialID, ReportSpec: in.Spec, Lang: in.Lang, State: models.ExportQueued,
	}
	if in.CycleID != nil {
		e.CycleID = *in.CycleID
	}
	if in.RunID != nil {
		e.RunID = *in.RunID
	}
	if in.DefinitionID != nil {
		return e, s.define(ctx, actor, *in.DefinitionID, e)
	}
	if in.CycleID == nil && in.RunID == nil {
		return nil, models.Invalid("cycleId", models.KeyRequired)
	}
	return e, nil
}

// queue writes an export that waits. The account is read with it, locked so that no
// more of one person wait than may.
func queue(tx *store.Tx, e *models.Export) error {
	account, err := store.Take[models.Account](store.Lock(tx.DB).Where("subject = ?", e.RequestedBy), "Account")
	if err != nil {
		return err
	}
	var waiting int64
	err = tx.Model(&models.Export{}).Where("requested_by = ? AND state IN ?", e.RequestedBy, active).Count(&waiting).Error
	if err != nil {
		return err
	}
	if waiting >= maxWaiting {
		return models.Conflict("", models.KeyExportsWaiting)
	}
	e.TokenEpoch, e.RequestedAt = account.TokenEpoch, tx.Now
	if e.Columns == nil {
		e.Columns = []string{}
	}
	if err := tx.Create(e).Error; err != nil {
		return err
	}
	return audit.Record(tx, audit.Entry{Actor: e.RequestedBy, Action: operation, Noun: "Export", NounID: &e.ID, Details: details(e)})
}

// active are the states of an export that waits or is written.
var active = []models.ExportState{models.ExportQueued, models.ExportRunning}

// details are what an audit entry says of an export.
func details(e *models.Export) map[string]string {
	out := map[string]string{"cycle": e.CycleID.String(), "run": e.RunID.String(), "kind": string(e.Kind), "format": string(e.Format)}
	if e.WithinID != nil {
		out["unit"] = e.WithinID.String()
	}
	if e.PeerGroup != nil {
		out["peerGroup"] = *e.PeerGroup
	}
	if e.OfficialID != nil {
		out["official"] = e.OfficialID.String()
	}
	if len(e.Columns) > 0 {
		out["columns"] = strings.Join(e.Columns, ",")
	}
	return out
}

// ByIDs returns the actor's own exports, by id, those that they may still have.
func (s *Service) ByIDs(ctx context.Context, actor auth.Actor, ids []models.ID) (map[models.ID]*models.Export, error) {
	if !actor.Is(readers...) {
		return map[models.ID]*models.Export{}, nil
	}
	query := s.Store.Read(ctx).Where("requested_by = ?", actor.Subject).Scopes(store.InScope("scope_id", actor.UnitID))
	return store.ByID(query, ids, func(e *models.Export) models.ID { return e.ID })
}

// Page returns a page of the actor's own exports, the newest first, behind a given one.
func (s *Service) Page(ctx context.Context, actor auth.Actor, first int, after string) ([]*models.Export, bool, error) {
	query := s.Store.Read(ctx).Where("requested_by = ?", actor.Subject).Scopes(store.InScope("scope_id", actor.UnitID))
	return newest[models.Export](query, first, after)
}

// Columns are the names of the columns that a table can have.
func Columns() []string { return report.ColumnNames() }
