package models

// RatingReply is the unit's answer to a rating of 1 or 2. It keeps the day
// alone, as the rating does.
type RatingReply struct {
	ID        ID `gorm:"primaryKey"` // random
	RatingID  ID
	Author    string // subject of the reply officer, never the rated official
	Text      string
	RepliedOn Date
}

// Validate checks the record by itself.
func (r *RatingReply) Validate() error {
	return validStatement("text", r.Text)
}

// ReplyDuty is what is owed on a released rating of 1 or 2 (差评回访): a reply, a
// mending and, last, the resident's word on the mending. It begins with the
// release and keeps days alone. Who was rated does not see it.
type ReplyDuty struct {
	RatingID ID `gorm:"primaryKey"`
	UnitID   ID // the unit that owes it: the official's on the day of the rating
	// The last days that are in time.
	ReleasedOn, ReplyDueOn, MendDueOn Date
	EscalatedUnitID                   *ID   // a unit above, which it has been laid before since it is late; nil: none
	EscalateOn                        *Date // the day it goes one unit further up; nil: never again
	Mending                           *string
	MendedOn                          *Date
	MendingLevel                      *int // the resident's mark of the mending, 1 to 5
	MendingRatedOn                    *Date
	AgainID                           *ID // the resident's further rating of the same service
}

// Mend notes what the unit did about the rating. It is said once.
func (d *ReplyDuty) Mend(account string, on Date) error {
	if d.Mending != nil {
		return Conflict("ratingId", KeyAlreadyAnswered)
	}
	if err := validStatement("account", account); err != nil {
		return err
	}
	d.Mending, d.MendedOn = &account, &on
	return nil
}

// MayMark says whether the resident has the word on the mending: once the unit says
// that it has mended, or its time for that is over.
func (d *ReplyDuty) MayMark(on Date) error {
	if d.Mending == nil && !d.MendDueOn.Before(on) {
		return &Error{Code: CodeIllegalState, Field: "receipt", Key: KeyNotMendedYet, Args: []string{d.MendDueOn.String()}}
	}
	return nil
}

// Mark notes the resident's mark of the mending. It is given once.
func (d *ReplyDuty) Mark(level int, on Date) error {
	if err := validLevel("level", level); err != nil {
		return err
	}
	if d.MendingLevel != nil {
		return Conflict("receipt", KeyMendingMarked)
	}
	if err := d.MayMark(on); err != nil {
		return err
	}
	d.MendingLevel, d.MendingRatedOn = &level, &on
	return nil
}

// validStatement checks what an office says to a resident.
func validStatement(field, text string) error {
	if err := required(field, text); err != nil {
		return err
	}
	return validText(field, text, MaxCommentLength)
}
