package models

import "time"

// UndoFor is how long after it was given a rating can be taken back.
const UndoFor = 10 * time.Minute

// RatingUndo lets a receipt take its rating back. What is sealed can be opened with
// the receipt alone, of which nothing is kept that would do.
type RatingUndo struct {
	UndoHash Hash `gorm:"primaryKey"`
	Day      Date // after which the row goes
	Sealed   []byte
}
