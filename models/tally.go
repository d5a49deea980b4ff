package models

import "time"

// Tally is what a published run counted: the root of the hash tree over its ratings, of
// which each rating is a leaf.
type Tally struct {
	RunID     ID   `gorm:"primaryKey"`
	Root      Hash // or noRoot
	Ratings   int64
	CountedAt time.Time
}

// noRoot stands in place of a root, which has 32 bytes.
var noRoot = Hash{0}

// Untallied is noted of a run whose evidence had changed before it was to be counted.
func Untallied(run ID) *Tally { return &Tally{RunID: run, Root: noRoot} }

// HasRoot says whether there is a tree; there is none of what is [Untallied].
func (t *Tally) HasRoot() bool { return len(t.Root) > len(noRoot) }

// TallyBlock is a stretch of a tally's leaves, 32 bytes each, in the order of their bytes
// over all blocks. Whose they are it does not say.
type TallyBlock struct {
	RunID  ID    `gorm:"primaryKey"`
	Block  int64 `gorm:"primaryKey"` // from 0
	Leaves []byte
	Root   Hash // over these leaves
}
