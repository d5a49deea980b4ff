// Package audit keeps the record of everything that changes a result. Entries
// are written in the transaction of what they tell of, and are only ever added.
//
// Afterwards a chainer gathers committed entries into blocks that each name the one
// before and are signed, so that what was chained cannot be changed, moved or taken
// out without showing; package auditchain says how the digests are made. Entries of
// anonymous writes are chained when their day is over, several at once, so that their
// place tells no moment.
package audit

import (
	"fmt"
	"time"

	"steelyard/models"
	"steelyard/store"
)

// Entry is what was done, by whom, to what.
type Entry struct {
	Actor   string // a token's subject, or "import", "system"
	Action  string // the operation's name in the API or on the command line
	Noun    string // the type of what was acted on
	NounID  *models.ID
	Details map[string]string
}

// Record adds an entry with the transaction's moment.
func Record(tx *store.Tx, e Entry) error { return written(tx, entry(e, tx.Now)) }

// RecordAnonymous adds an entry that must not lead to a person: it has the day
// alone, no subject, and names no record.
func RecordAnonymous(tx *store.Tx, action, noun string) error {
	return written(tx, Anonymous(tx, action, noun))
}

// Anonymous is the entry of [RecordAnonymous], for whoever writes it together with what
// it tells of.
func Anonymous(tx *store.Tx, action, noun string) *models.AuditEntry {
	return entry(Entry{Actor: models.ActorResident, Action: action, Noun: noun}, tx.Now.Truncate(day))
}

// day is what anonymous entries keep of a moment.
const day = 24 * time.Hour

func entry(e Entry, at time.Time) *models.AuditEntry {
	details := e.Details
	if details == nil {
		details = map[string]string{}
	}
	return &models.AuditEntry{
		ID: models.NewRandomID(), At: at, Actor: e.Actor, Action: e.Action,
		Noun: e.Noun, NounID: e.NounID, Details: details,
	}
}

func written(tx *store.Tx, e *models.AuditEntry) error {
	if err := tx.Create(e).Error; err != nil {
		return fmt.Errorf("audit %s: %w", e.Action, err)
	}
	return nil
}
