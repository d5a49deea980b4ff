// Package cases is what residents and officials do about a case, from the day it
// is handed in to the resident's last word.
//
// Each step is one transaction: it locks the case, asks the case's own life
// cycle whether the step is possible, and writes the case, its clocks, the event
// and the audit entry together. An official sees the cases of the own scope and
// those in the own hands; whoever is offered a case sees it too. A case outside
// is not found, exactly as one that does not exist.
//
// A receipt is the resident's only key: by it the resident follows the case,
// confirms that it is solved, sends it back or withdraws it.
package cases

import (
	"fmt"
	"time"

	"steelyard/auth/keyring"
	"steelyard/calendar"
	"steelyard/models"
	"steelyard/store"
)

// The actors of events that no account did.
const (
	actorResident = "resident"
	actorSystem   = "system"
)

// Service does what this package is for. All fields are needed; [New] sets the
// usual allowances.
type Service struct {
	Store    *store.Store
	Keys     *keyring.Keyring
	Zone     *time.Location
	Calendar *calendar.Calendar
	// Secret derives receipts from idempotency keys.
	Secret []byte

	AcceptDays   int // working days in which a unit signs for a case
	ResolveDays  int // working days in which an ordinary case is answered
	TransferDays int // working days in which an offered case is taken or refused
	ConfirmDays  int // days in which the resident may confirm before the case closes by itself
	ExtendDays   int // working days that the one extension adds
	WarnDays     int // working days before the due date on which it is called due soon
	ExcludeDays  int // working days in which an exclusion is decided
	ObjectDays   int // days in which the resident may object to an exclusion
	Holds        int // how often the clock of a case may be paused
	HoldDays     int // working days after which a pause ends by itself
}

// New returns a service with the usual allowances: 1, 5 and 1 working days, 5 more
// for a reason, 3 to decide an exclusion, three pauses of 10 each, and 10 days for the resident.
func New(s *store.Store, keys *keyring.Keyring, zone *time.Location, days *calendar.Calendar, secret []byte) *Service {
	return &Service{
		Store: s, Keys: keys, Zone: zone, Calendar: days, Secret: secret,
		AcceptDays: 1, ResolveDays: 5, TransferDays: 1, ConfirmDays: 10,
		ExtendDays: 5, WarnDays: 1, ExcludeDays: 3, ObjectDays: 10, Holds: 3, HoldDays: 10,
	}
}

// take locks and returns the case that a query finds.
func take(tx *store.Tx, scope scope, query string, args ...any) (*models.Case, error) {
	return store.Take[models.Case](store.Lock(tx.DB).Scopes(scope).Where(query, args...), "Case")
}

// save writes every field of a locked case.
func save(tx *store.Tx, c *models.Case) error {
	c.UpdatedAt = tx.Now
	if err := c.Validate(); err != nil {
		return err
	}
	// UpdateColumns keeps the moment set here, where Updates would ask the clock again.
	if err := tx.Model(c).Select("*").UpdateColumns(c).Error; err != nil {
		return fmt.Errorf("save case %s: %w", c.ID, err)
	}
	return nil
}

// addEvent writes the next step of a locked case's history, and tells of it
// whomever it concerns.
func addEvent(tx *store.Tx, c *models.Case, e models.CaseEvent) error {
	var last int
	err := tx.Model(&models.CaseEvent{}).Where("case_id = ?", c.ID).
		Select("COALESCE(MAX(seq), 0)").Scan(&last).Error
	if err != nil {
		return err
	}
	e.ID, e.CaseID, e.Seq, e.At = models.NewID(), c.ID, last+1, tx.Now
	if err := e.Validate(); err != nil {
		return err
	}
	if err := tx.Create(&e).Error; err != nil {
		return err
	}
	return tell(tx, c, e)
}
