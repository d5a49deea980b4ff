package models

import "time"

// Tally is what a published run counted: the root of the hash tree over its ratings, of
// which each rating is a leaf.
type Tally struct {
	RunID     ID `gorm:"primaryKey"`
	Root      Hash
	Ratings   int64
	CountedAt time.Time
}

// TallyBlock is a stretch of a tally's leaves, 32 bytes each, in the order of their bytes
// over all blocks. Whose they are it does not say.
type TallyBlock struct {
	RunID  ID    `gorm:"primaryKey"`
	Block  int64 `gorm:"primaryKey"` // from 0
	Leaves []byte
	Root   Hash // over these leaves
}
