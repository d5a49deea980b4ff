package cases

import (
	"context"
	"strings"
	"time"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// Word is what a resident says of a resolution.
type Word struct {
	Receipt        string
	Solved         bool
	Satisfaction   *int // 1 to 5
	Comment        string
	IdempotencyKey *string
}

// Confirm takes the resident's word on a resolution: the case is confirmed, or
// open again. Saying the same twice changes nothing.
func (s *Service) Confirm(ctx context.Context, in Word) (*models.Case, error) {
	if err := models.ValidRemark("comment", in.Comment); err != nil {
		return nil, err
	}
	return s.byHolder(ctx, "confirmResolution", in.Receipt, in.IdempotencyKey, in, func(tx *store.Tx, c *models.Case) (bool, error) {
		if in.Solved && c.State == models.CaseConfirmed || !in.Solved && c.State == models.CaseReopened {
			return false, nil
		}
		if in.Solved {
			return true, confirm(tx, c, in)
		}
		return true, s.reopen(tx, c, in)
	})
}

func confirm(tx *store.Tx, c *models.Case, in Word) error {
	if err := move(c, models.CaseStepConfirm); err != nil {
		return err
	}
	c.Confirmed, c.Satisfaction = models.AnswerYes, in.Satisfaction
	if err := stopClocks(tx, c, models.ClockConfirm); err != nil {
		return err
	}
	return addEvent(tx, c, models.CaseEvent{Kind: models.EventConfirmed, Actor: actorResident, Note: strings.TrimSpace(in.Comment)})
}

// reopen sends a case back to whoever had it. The resident's "no" stands until
// the office has answered again.
func (s *Service) reopen(tx *store.Tx, c *models.Case, in Word) error {
	if err := move(c, models.CaseStepReopen); err != nil {
		return err
	}
	return s.openAgain(tx, c, in.Satisfaction, actorResident, in.Comment)
}

// openAgain gives a case whose state has become REOPENED back to its unit. The time to
// answer starts anew where it has run out while others had the word. An answer that came
// too late gets no new time: else whoever is late would be in time again by any answer
// that is sent back.
func (s *Service) openAgain(tx *store.Tx, c *models.Case, mark *int, subject, note string) error {
	late := c.DueAt != nil && c.ClosedAt != nil && !c.ClosedAt.Before(*c.DueAt)
	c.Confirmed, c.Satisfaction = models.AnswerNo, mark
	c.ClosedAt, c.Outcome = nil, ""
	c.Reopened++
	if c.LeadID != nil {
		if err := part(tx, c, subject, ""); err != nil {
			return err
		}
	}
	if err := stopClocks(tx, c, models.ClockConfirm); err != nil {
		return err
	}
	var replaced *time.Time
	if c.DueAt == nil || c.DueAt.Before(tx.Now) && !late {
		due, err := s.workingDue(tx.DB, c.UnitID, tx.Now, s.ResolveDays)
		if err != nil {
			return err
		}
		replaced = c.DueAt
		moveDue(c, due)
	}
	if err := startClock(tx, c, models.ClockResolve, *c.DueAt); err != nil {
		return err
	}
	return addEvent(tx, c, models.CaseEvent{
		Kind: models.EventReopened, ToOfficialID: c.OfficialID, ToUnitID: &c.UnitID, Actor: subject,
		Note: strings.TrimSpace(note), DueAt: replaced,
	})
}

// Withdrawal takes a case back.
type Withdrawal struct {
	Receipt        string
	Reason         string // may be empty
	IdempotencyKey *string
}

// Withdraw takes a case back. Doing it twice changes nothing.
func (s *Service) Withdraw(ctx context.Context, in Withdrawal) (*models.Case, error) {
	if err := models.ValidRemark("reason", in.Reason); err != nil {
		return nil, err
	}
	return s.byHolder(ctx, "withdrawCase", in.Receipt, in.IdempotencyKey, in, func(tx *store.Tx, c *models.Case) (bool, error) {
		if c.State == models.CaseWithdrawn {
			return false, nil
		}
		mediated := c.State == models.CaseMediation
		if err := move(c, models.CaseStepWithdraw); err != nil {
			return false, err
		}
		if mediated {
			if err := endMediation(tx, c, actorResident, models.OutcomeWithdrawn, in.Reason); err != nil {
				return false, err
			}
		}
		replaced, err := s.close(tx, c, models.OutcomeWithdrawn)
		if err != nil {
			return false, err
		}
		return true, addEvent(tx, c, models.CaseEvent{
			Kind: models.EventWithdrawn, Outcome: models.OutcomeWithdrawn, Actor: actorResident, Note: strings.TrimSpace(in.Reason), DueAt: replaced,
		})
	})
}

// byHolder runs one step of whoever holds a receipt. The step says whether it
// changed anything. Its audit entry names no record: a resident is not traced.
func (s *Service) byHolder(ctx context.Context, action, code string, key *string, input any,
	do func(tx *store.Tx, c *models.Case) (changed bool, err error),
) (*models.Case, error) {
	if err := models.ValidIdempotencyKey(key, true); err != nil {
		return nil, err
	}
	receipt, err := auth.ParseReceipt(code)
	if err != nil {
		return nil, models.BadReceipt()
	}
	hash := receipt.Hash()
	var c *models.Case
	err = s.Store.InTx(store.Show(ctx, hash[:]), func(tx *store.Tx) error {
		if c, err = take(tx, everywhere, "receipt_hash = ?", hash[:]); err != nil {
			if models.CodeOf(err) == models.CodeNotFound {
				auth.Tried(ctx, hash, false)
				return models.UnknownReceipt()
			}
			return err
		}
		_, err := store.Once(tx, action, c.ID.String(), key, input, c.ID, func() error {
			changed, err := do(tx, c)
			if err != nil || !changed {
				return err
			}
			if err := save(tx, c); err != nil {
				return err
			}
			return audit.RecordAnonymous(tx, action, "Case")
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// ByReceipt returns the case that a receipt belongs to.
func (s *Service) ByReceipt(ctx context.Context, code string) (*models.Case, error) {
	receipt, err := auth.ParseReceipt(code)
	if err != nil {
		return nil, models.NotFound("Case")
	}
	hash := receipt.Hash()
	c, err := store.Take[models.Case](s.Store.Read(store.Show(ctx, hash[:])).Where("receipt_hash = ?", hash[:]), "Case")
	auth.Tried(ctx, hash, models.CodeOf(err) != models.CodeNotFound)
	return c, err
}
