package reviews

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// NewCodes asks for codes of an appraisal.
type NewCodes struct {
	RoundID        models.ID
	VoterClass     models.VoterClass
	Count          int
	IdempotencyKey *string
}

// IssueCodes makes single-use codes of a class of voters, 128 random bits each. They
// are shown in this answer alone; only a repeat with the same idempotency key gets them
// again.
func (s *Service) IssueCodes(ctx context.Context, actor auth.Actor, in NewCodes) ([]string, error) {
	if err := models.ValidIdempotencyKey(in.IdempotencyKey, true); err != nil {
		return nil, err
	}
	if err := models.ValidVoterClass(in.VoterClass); err != nil {
		return nil, err
	}
	if in.Count < 1 || in.Count > models.MaxCodesOnce {
		return nil, models.Invalid("count", models.KeyOutOfRange, fmt.Sprint(in.Count), "1", fmt.Sprint(models.MaxCodesOnce))
	}
	codes, rows := make([]string, in.Count), make([]models.AppraisalCode, in.Count)
	for i := range codes {
		code := auth.NewReceipt()
		if in.IdempotencyKey != nil && *in.IdempotencyKey != "" {
			code = auth.DeriveReceipt(s.Secret, "issueAppraisalCodes", actor.Subject, *in.IdempotencyKey, fmt.Sprint(i))
		}
		hash := code.Hash()
		codes[i], rows[i] = code.Code(), models.AppraisalCode{CodeHash: hash[:], RoundID: in.RoundID, VoterClass: in.VoterClass}
	}
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		_, err := store.Once(tx, "issueAppraisalCodes", actor.Subject, in.IdempotencyKey, in, in.RoundID, func() error {
			return s.issue(tx, actor, in, rows)
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return codes, nil
}

func (s *Service) issue(tx *store.Tx, actor auth.Actor, in NewCodes, rows []models.AppraisalCode) error {
	// The lock keeps two that issue at once below the bound together.
	if _, err := store.Take[models.ReviewRound](store.Lock(tx.DB).Where("id = ?", in.RoundID), "ReviewRound"); err != nil {
		return models.AtField("roundId", err)
	}
	round, _, err := s.roundInScope(tx.DB, actor, in.RoundID)
	if err != nil {
		return err
	}
	if round.Over(models.DateOf(tx.Now, s.Zone)) {
		return &models.Error{Code: models.CodeIllegalState, Field: "roundId", Key: models.KeyRoundClosed}
	}
	form, err := formOf(tx.DB, in.RoundID)
	if err != nil {
		return err
	}
	if len(form) == 0 || len(form) > models.MaxAppraised {
		return models.Conflict("roundId", models.KeyNobodyToAppraise, fmt.Sprint(models.MaxAppraised))
	}
	var n int64
	if err := tx.Model(&models.AppraisalCode{}).Where("round_id = ?", in.RoundID).Count(&n).Error; err != nil {
		return err
	}
	if int(n)+in.Count > models.MaxRoundCodes {
		return models.Conflict("count", models.KeyTooManyRules, fmt.Sprint(models.MaxRoundCodes))
	}
	if err := tx.CreateInBatches(rows, batch).Error; err != nil {
		return err
	}
	return audit.Record(tx, audit.Entry{
		Actor: actor.Subject, Action: "issueAppraisalCodes", Noun: "ReviewRound", NounID: &in.RoundID,
		Details: map[string]string{"class": string(in.VoterClass), "count": fmt.Sprint(in.Count)},
	})
}

// formOf are the officials on a round's form: all whom it reviews, by name. It reads
// one more than fit on a form.
func formOf(db *gorm.DB, round models.ID) ([]*models.Official, error) {
	var rows []*models.Official
	err := db.Where("id IN (SELECT official_id FROM review_assignments WHERE round_id = ?)", round).
		Order("name, id").Limit(models.MaxAppraised + 1).Find(&rows).Error
	return rows, err
}

// Form is what the holder of a code sees.
type Form struct {
	Round     *models.ReviewRound
	Officials []*FormOfficial
}

// FormOfficial is an official on a form.
type FormOfficial struct {
	ID                       models.ID
	Name, UnitName, Position string
}

// Name is the round's.
func (f *Form) Name() string { return f.Round.Name }

// ClosesOn is the last day on which the code works.
func (f *Form) ClosesOn() models.Date { return f.Round.ClosesOn }

// AppraisalForm returns what a code is for, or nil. The answer is the same before and
// after the code has been used: who handed it out learns nothing from it.
func (s *Service) AppraisalForm(ctx context.Context, code string) (*Form, error) {
	db := s.Store.Read(ctx)
	_, round, err := s.byCode(db, code)
	if models.CodeOf(err) == models.CodeGone {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	form := &Form{Round: round}
	err = db.Table("officials AS o").Select("o.id, o.name, u.name AS unit_name, p.name AS position").
		Joins("JOIN org_units u ON u.id = o.unit_id").Joins("JOIN positions p ON p.id = o.position_id").
		Where("o.id IN (SELECT official_id FROM review_assignments WHERE round_id = ?)", round.ID).
		Order("o.name, o.id").Limit(models.MaxAppraised).Scan(&form.Officials).Error
	return form, err
}

// errCodeGone is the one answer for a code that is unknown, used or out of time.
func errCodeGone() error {
	return &models.Error{Code: models.CodeGone, Field: "code", Key: models.KeyAppraisalGone}
}

// byCode is the code that a text names, and its round, if it takes ballots today.
func (s *Service) byCode(db *gorm.DB, text string) (*models.AppraisalCode, *models.ReviewRound, error) {
	parsed, err := auth.ParseReceipt(text)
	if err != nil {
		return nil, nil, errCodeGone()
	}
	hash := parsed.Hash()
	code, err := store.Take[models.AppraisalCode](db.Where("code_hash = ?", hash[:]), "AppraisalCode")
	if models.CodeOf(err) == models.CodeNotFound {
		auth.Tried(db.Statement.Context, hash, false)
		return nil, nil, errCodeGone()
	}
	if err != nil {
		return nil, nil, err
	}
	round, err := store.Take[models.ReviewRound](db.Where("id = ?", code.RoundID), "ReviewRound")
	if err != nil {
		return nil, nil, err
	}
	if round.Accepts(s.today()) != nil {
		return nil, nil, errCodeGone()
	}
	return code, round, nil
}

// Vote is a ballot as a voter hands it in.
type Vote struct {
	Code           string
	Marks          []models.AppraisalMark
	Comment        string
	IdempotencyKey *string
}

// Vote uses a code and stores the ballot: exactly once, also when a hundred submit it
// at the same time. A repeat with the same idempotency key is told again that it was
// taken; anybody else that the code is gone.
func (s *Service) Vote(ctx context.Context, in Vote) error {
	if err := models.ValidIdempotencyKey(in.IdempotencyKey, true); err != nil {
		return err
	}
	parsed, err := auth.ParseReceipt(in.Code)
	if err != nil {
		return errCodeGone()
	}
	repeat := repeatHash(parsed.Code(), in.IdempotencyKey)
	return s.Store.InTx(store.Widen(ctx, store.AnonymousAnswer), func(tx *store.Tx) error {
		code, round, err := s.byCode(tx.DB, in.Code)
		if err != nil {
			return err
		}
		ballot, comment, err := draftBallot(tx, code, in)
		if err != nil {
			return err
		}
		claim := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&models.AppraisalClaim{CodeHash: code.CodeHash, RepeatHash: repeat})
		if claim.Error != nil {
			return claim.Error
		}
		if claim.RowsAffected == 0 {
			return taken(tx, code, repeat)
		}
		today := models.DateOf(tx.Now, s.Zone)
		ballot.SubmittedOn, ballot.RoundID = today, round.ID
		if err := tx.Create(ballot).Error; err != nil {
			return err
		}
		if comment != nil {
			comment.SubmittedOn, comment.RoundID = today, round.ID
			if err := tx.Create(comment).Error; err != nil {
				return err
			}
		}
		return audit.RecordAnonymous(tx, "submitAppraisal", "AppraisalBallot")
	})
}

// draftBallot makes the records of a vote, still without round and day.
func draftBallot(tx *store.Tx, code *models.AppraisalCode, in Vote) (*models.AppraisalBallot, *models.AppraisalComment, error) {
	officials, err := formOf(tx.DB, code.RoundID)
	if err != nil {
		return nil, nil, err
	}
	form := make(map[models.ID]bool, len(officials))
	for _, o := range officials {
		form[o.ID] = true
	}
	if err := models.ValidMarks(in.Marks, form); err != nil {
		return nil, nil, err
	}
	ballot := &models.AppraisalBallot{ID: models.NewRandomID(), VoterClass: code.VoterClass, Marks: []models.AppraisalMark{}}
	for _, m := range in.Marks {
		if m.Grade != models.AppraisalAbstain {
			ballot.Marks = append(ballot.Marks, m)
		}
	}
	words := strings.TrimSpace(in.Comment)
	if words == "" {
		return ballot, nil, nil
	}
	comment := &models.AppraisalComment{ID: models.NewRandomID(), Body: words}
	return ballot, comment, comment.Validate()
}

// taken says whether a used code was used by this very client.
func taken(tx *store.Tx, code *models.AppraisalCode, repeat models.Hash) error {
	_, err := store.Take[models.AppraisalClaim](
		tx.Where("code_hash = ? AND repeat_hash = ?", code.CodeHash, repeat), "AppraisalClaim")
	if e := (&models.Error{}); errors.As(err, &e) && e.Code == models.CodeNotFound {
		return errCodeGone()
	}
	return err
}

// repeatHash tells a repeat of the same client. Without a key it is random, and nothing
// is a repeat.
func repeatHash(code string, key *string) models.Hash {
	if key == nil || *key == "" {
		random := make([]byte, sha256.Size)
		rand.Read(random)
		return random
	}
	sum := sha256.Sum256([]byte("steelyard appraisal v1\x00" + code + "\x00" + *key))
	return sum[:]
}
