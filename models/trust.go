package models

import "time"

// AuditEntry says that something was done that changes a result. Entries are
// only ever added. Those of anonymous writes carry the day alone and no subject.
type AuditEntry struct {
	ID      ID `gorm:"primaryKey"` // random, so that it orders nothing
	At      time.Time
	Actor   string // a token's subject, or "import", "resident", "system"
	Action  string // the operation, e.g. "openCycle"
	Noun    string // the type of what was acted on
	NounID  *ID
	Details map[string]string `gorm:"serializer:json"`
}

// ActorResident is the actor of anonymous writes.
const ActorResident = "resident"

// Anonymous says whether the entry is of a write that must not lead to a person.
func (e *AuditEntry) Anonymous() bool { return e.Actor == ActorResident && e.NounID == nil }

// AuditBlock is a link of the audit chain: the seal over a batch of entries, which
// names the block before it.
type AuditBlock struct {
	Number       int `gorm:"primaryKey;autoIncrement:false"`
	PreviousHash Hash
	ClosedAt     time.Time
	Count        int
	Anonymous    int // of the entries, those of anonymous writes
	Hash         Hash
	KeyID        string // of the audit key that signed number and hash
	Signature    Hash
}

// AuditMember says in which block an entry was chained, at which position counted
// from 1, and what its digest was then. The unit bounds who may read it: nil where it
// concerns no unit alone.
type AuditMember struct {
	EntryID  ID `gorm:"primaryKey"`
	Block    int
	Position int
	Leaf     Hash
	UnitID   *ID
}

// KeyEpoch is a calendar year's rater key: known here by its fingerprint alone,
// so that a missing or foreign key file is noticed before it does harm.
type KeyEpoch struct {
	Year        int `gorm:"primaryKey;autoIncrement:false"`
	Fingerprint Hash
	CreatedAt   time.Time
	DestroyedAt *time.Time
}

// TableName is the plural that the rules of naming would get wrong.
func (KeyEpoch) TableName() string { return "key_epochs" }

// IdempotencyKey remembers what a mutation made under a client's key.
type IdempotencyKey struct {
	KeyHash   Hash `gorm:"primaryKey"` // of operation, subject and the client's key
	Operation string
	InputHash Hash // of the client's key and what was asked for
	RecordID  ID
	CreatedAt time.Time
}

// Setting is a named fact about this database, such as who made it.
type Setting struct {
	Name  string `gorm:"primaryKey"`
	Value string
}

// FailedGuess counts wrong tokens and receipts by where they come from.
type FailedGuess struct {
	Prefix   string    `gorm:"primaryKey"` // which of 65,536 buckets the network falls into, by a keyed hash
	HourAt   time.Time `gorm:"primaryKey"` // when the quarter of a day began
	Failures int
}
