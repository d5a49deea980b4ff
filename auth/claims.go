package auth

import (
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"steelyard/models"
)

// maxName bounds subject and unit, in bytes: they become keys of look-ups and parts of log lines.
const maxName = 200

// maxSeconds is 9999-12-31T23:59:59Z: beyond it a NumericDate overflows on conversion and could turn from never into
// long ago, or the other way round.
const maxSeconds = 253402300799

// claims is the body of a bearer token.
type claims struct {
	jwt.RegisteredClaims
	Role  models.Role `json:"role"`
	Unit  string      `json:"unit,omitempty"`
	Epoch int64       `json:"epoch,omitempty"`
}

// Validate checks what the JWT library does not: it is called by its parser after the signature was found good.
func (c *claims) Validate() error {
	if c.Subject == "" {
		return errors.New("sub is missing")
	}
	if err := checkName("sub", c.Subject); err != nil {
		return err
	}
	if err := checkName("unit", c.Unit); err != nil {
		return err
	}
	if err := checkName("jti", c.ID); err != nil {
		return err
	}
	if _, known := models.ParseWord(string(c.Role), models.Roles); !known {
		return fmt.Errorf("role %q is unknown", c.Role)
	}
	if c.Epoch < 0 {
		return fmt.Errorf("epoch %d is negative", c.Epoch)
	}
	for _, date := range []*jwt.NumericDate{c.ExpiresAt, c.NotBefore, c.IssuedAt} {
		if date != nil && (date.Unix() < 0 || date.Unix() > maxSeconds) {
			return fmt.Errorf("date %d is out of range", date.Unix())
		}
	}
	return nil
}

// viewer is whom the claims prove.
func (c *claims) viewer() Viewer {
	return Viewer{Subject: c.Subject, Role: c.Role, Unit: c.Unit, Epoch: c.Epoch, TokenID: c.ID}
}

// checkName refuses what is too long to be a name or would break a log line.
func checkName(claim, name string) error {
	if len(name) > maxName {
		return fmt.Errorf("%s has more than %d bytes", claim, maxName)
	}
	if !utf8.ValidString(name) {
		return fmt.Errorf("%s is not UTF-8", claim)
	}
	for _, r := range name {
		if !unicode.IsPrint(r) {
			return fmt.Errorf("%s holds an unprintable character", claim)
		}
	}
	return nil
}
