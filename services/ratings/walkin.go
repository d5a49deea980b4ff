package ratings

import (
	"context"
	"strconv"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// WalkIn is a rating by a standing code.
type WalkIn struct {
	Answer
	Code           string
	OfficialID     *models.ID // nil: the one whom the code is of
	IdempotencyKey *string
}

// SubmitWalkIn stores a rating by a standing code, and returns the receipt's code. It
// is a rating as any other, and nothing in it leads to the code or the device. Errors:
// GONE for a code that does not hold, RATE_LIMITED where code, device or network have
// given today what they may. A repeat with the same idempotency key gets the first
// answer again.
func (s *Service) SubmitWalkIn(ctx context.Context, by auth.Visitor, in WalkIn) (string, *models.Rating, error) {
	rating, err := in.rating(models.RatingSourceWalkIn, models.AnswerNo)
	if err != nil {
		return "", nil, err
	}
	if err := models.ValidIdempotencyKey(in.IdempotencyKey, true); err != nil {
		return "", nil, err
	}
	receipt, repeatable := s.receiptFor("submitWalkIn", in.Code, in.IdempotencyKey)
	hash := receipt.Hash()
	rating.ReceiptHash = hash[:]
	rating.RatedOn = s.today(s.Store.Now())
	ctx = store.Show(ctx, hash[:])
	release := func() {}
	err = s.Store.InTx(ctx, func(tx *store.Tx) error {
		release() // of a try before this one
		code, err := s.counterOf(store.Lock(tx.DB), in.Code)
		if models.CodeOf(err) == models.CodeNotFound {
			return errCounterGone()
		}
		if err != nil {
			return err
		}
		if repeatable {
			first, err := byHash(tx.DB, hash)
			if models.CodeOf(err) != models.CodeNotFound {
				rating = first
				return err
			}
		}
		if release, err = s.countNetwork(by, code, rating.RatedOn); err != nil {
			return err
		}
		return s.walkIn(tx, by, code, in.OfficialID, receipt, rating)
	})
	if err != nil {
		release()
		return "", nil, err
	}
	return receipt.Code(), rating, nil
}

// walkIn counts a rating by a standing code, whose row is locked, and writes it.
func (s *Service) walkIn(tx *store.Tx, by auth.Visitor, code *models.CounterCode, chosen *models.ID, receipt auth.Receipt, rating *models.Rating) error {
	official, err := s.chosen(tx.DB, code, chosen)
	if err != nil {
		return err
	}
	rating.OfficialID, rating.ServiceID, rating.Channel = official.ID, *code.ServiceID, models.ChannelWindow
	if code.Kiosk {
		rating.Channel = models.ChannelKiosk
	}
	if err := allowed(tx.DB, rating); err != nil {
		return err
	}
	if err := s.countWalkIn(tx, by, code, rating.RatedOn); err != nil {
		return err
	}
	if err := tx.Create(rating).Error; err != nil {
		return err
	}
	if err := s.undoable(tx, receipt, rating, models.ID{}); err != nil {
		return err
	}
	return audit.RecordAnonymous(tx, "submitWalkIn", "Rating")
}

// chosen is whom a walk-in rates.
func (s *Service) chosen(db *gorm.DB, code *models.CounterCode, id *models.ID) (*models.Official, error) {
	if id == nil {
		id = code.OfficialID
	}
	wrong := models.Invalid("officialId", models.KeyChooseOfficial)
	if id == nil {
		return nil, wrong
	}
	official, err := store.Take[models.Official](db.Scopes(s.atCounter(code)).Where("officials.id = ?", *id), "Official")
	if models.CodeOf(err) == models.CodeNotFound {
		return nil, wrong
	}
	return official, err
}

// countWalkIn counts for the code and, but for a kiosk, which everybody shares, for the
// device. A browser that keeps no name is counted by its network alone.
func (s *Service) countWalkIn(tx *store.Tx, by auth.Visitor, code *models.CounterCode, day models.Date) error {
	full := tooOften(models.KeyCodeFull, strconv.Itoa(code.DailyCap))
	if err := s.count(tx, day, code.DailyCap, full, code.ID.String()); err != nil || code.Kiosk || by.Device == "" {
		return err
	}
	return s.count(tx, day, models.WalkInsOfDevice, tooOften(models.KeyCodeUsedToday), code.ID.String(), by.Device)
}

// count adds one to what is counted of a day under a mark, or says that it is too much.
func (s *Service) count(tx *store.Tx, day models.Date, most int, tooMuch error, of ...string) error {
	// The day stands first: gorm takes bytes behind a parenthesis for a list.
	mark := auth.DayMark(s.Secret, day.String(), of...)
	counted := tx.Exec(`INSERT INTO counter_uses (day, mark, uses) VALUES (?, ?, 1)
		ON CONFLICT (mark) DO UPDATE SET uses = counter_uses.uses + 1 WHERE counter_uses.uses < ?`, day, mark[:], most)
	if counted.Error != nil {
		return counted.Error
	}
	if counted.RowsAffected == 0 {
		return tooMuch
	}
	return nil
}
