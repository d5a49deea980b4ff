package notify

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"net/mail"
	"strings"

	"gorm.io/gorm/clause"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// maxEmail is the longest address that SMTP carries, in bytes.
const maxEmail = 254

// Contact is where the holder of a receipt wants to be told of the case.
type Contact struct {
	Receipt string
	Email   string
	Lang    string // of the mails: zh-CN or en
}

// Subscribe keeps where the holder of a case's receipt wants to be told, in place
// of what was kept before. The address is sealed and shown to nobody.
func (s *Service) Subscribe(ctx context.Context, in Contact) error {
	if s.Sinks[models.DeliveryMail] == nil {
		return &models.Error{Code: models.CodeConflict, Field: "email", Key: models.KeyMailOff}
	}
	email, err := parseEmail(in.Email)
	if err != nil {
		return err
	}
	return s.byReceipt(ctx, "subscribeToCase", in.Receipt, func(tx *store.Tx, c *models.Case) error {
		sealed, err := s.seal(c.ID, email)
		if err != nil {
			return err
		}
		contact := models.CaseContact{CaseID: c.ID, Sealed: sealed, Lang: in.Lang, CreatedAt: tx.Now}
		return tx.Clauses(clause.OnConflict{
			Columns: []clause.Column{{Name: "case_id"}}, DoUpdates: clause.AssignmentColumns([]string{"sealed", "lang", "created_at"}),
		}).Create(&contact).Error
	})
}

// Unsubscribe forgets where the holder of a receipt wanted to be told; mails that
// wait are not sent.
func (s *Service) Unsubscribe(ctx context.Context, receipt string) error {
	return s.byReceipt(ctx, "unsubscribeFromCase", receipt, func(tx *store.Tx, c *models.Case) error {
		return tx.Where("case_id = ?", c.ID).Delete(&models.CaseContact{}).Error
	})
}

// byReceipt does something on the case of a receipt. The audit entry names no
// record: a resident is not traced.
func (s *Service) byReceipt(ctx context.Context, action, code string, do func(tx *store.Tx, c *models.Case) error) error {
	receipt, err := auth.ParseReceipt(code)
	if err != nil {
		return models.BadReceipt()
	}
	hash := receipt.Hash()
	return s.Store.InTx(store.Show(ctx, hash[:]), func(tx *store.Tx) error {
		c, err := store.Take[models.Case](store.Lock(tx.DB).Where("receipt_hash = ?", hash[:]), "Case")
		if models.CodeOf(err) == models.CodeNotFound {
			auth.Tried(ctx, hash, false)
			return models.UnknownReceipt()
		}
		if err != nil {
			return err
		}
		if err := do(tx, c); err != nil {
			return err
		}
		return audit.RecordAnonymous(tx, action, "Case")
	})
}

// parseEmail takes a bare address of the plain kind. What could carry a header of
// its own into a mail, such as a name or a line break, is no address here.
func parseEmail(text string) (string, error) {
	text = strings.TrimSpace(text)
	parsed, err := mail.ParseAddress(text)
	plain := !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"<>()[]\,;:`, r) })
	if err != nil || !plain || parsed.Address != text || len(text) > maxEmail {
		return "", models.Invalid("email", models.KeyEmailForm)
	}
	return text, nil
}

// seal encrypts an address with AES-256-GCM for one case alone: copied to another
// case it does not open.
func (s *Service) seal(id models.ID, text string) ([]byte, error) {
	if len(s.Contacts) == 0 {
		return nil, errors.New("there is no secret to seal contacts with")
	}
	box, err := newBox(s.Contacts[0])
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, box.NonceSize())
	rand.Read(nonce)
	return box.Seal(nonce, nonce, []byte(text), id[:]), nil
}

// unseal opens what seal has made with one of the secrets.
func (s *Service) unseal(id models.ID, sealed []byte) (string, error) {
	err := errors.New("no secret opens it")
	for _, secret := range s.Contacts {
		box, boxErr := newBox(secret)
		if boxErr != nil {
			return "", boxErr
		}
		if len(sealed) < box.NonceSize() {
			return "", errors.New("it is cut short")
		}
		text, openErr := box.Open(nil, sealed[:box.NonceSize()], sealed[box.NonceSize():], id[:])
		if openErr == nil {
			return string(text), nil
		}
	}
	return "", err
}

func newBox(secret []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, fmt.Errorf("make the seal: %w", err)
	}
	return cipher.NewGCM(block)
}
