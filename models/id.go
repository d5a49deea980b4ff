package models

import (
	"database/sql/driver"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/google/uuid"
)

// ID is the key of a record: a UUID, stored as 16 bytes.
type ID [16]byte

// NewID returns a time-ordered (version 7) id, for everything that is not
// anonymous.
func NewID() ID { return ID(uuid.Must(uuid.NewV7())) }

// NewRandomID returns a random (version 4) id: for ratings, reviews and
// comments, whose order and moment of arrival must not be told by their keys.
func NewRandomID() ID { return ID(uuid.New()) }

// Derived is the id of the n-th record of a batch that has this id: the same each time,
// so that a repeated request finds what the first one has written.
func (id ID) Derived(n int) ID {
	return ID(uuid.NewSHA1(uuid.UUID(id), strconv.AppendInt(nil, int64(n), 10)))
}

// ParseID reads the form that [ID.String] writes.
func ParseID(s string) (ID, error) {
	id, err := uuid.Parse(s)
	if err != nil {
		return ID{}, fmt.Errorf("id %q is not a UUID: %w", s, err)
	}
	return ID(id), nil
}

// String returns the usual 36 characters.
func (id ID) String() string { return uuid.UUID(id).String() }

// IsZero says whether the id is unset.
func (id ID) IsZero() bool { return id == ID{} }

// Value stores the 16 bytes; both databases take them.
func (id ID) Value() (driver.Value, error) { return id[:], nil }

// Scan reads 16 bytes or the text form, whichever the driver returns.
func (id *ID) Scan(src any) error {
	switch v := src.(type) {
	case []byte:
		if len(v) == 16 {
			copy(id[:], v)
			return nil
		}
		return id.Scan(string(v))
	case string:
		parsed, err := ParseID(v)
		if err != nil {
			return err
		}
		*id = parsed
		return nil
	case [16]byte:
		*id = v
		return nil
	}
	return fmt.Errorf("id: cannot read a %T", src)
}

// Hash is a keyed or plain hash: of a resident, a rater, a token, a receipt.
// It is stored as it stands and never shown.
type Hash []byte

// String never prints the hash itself, so that none reaches a log.
func (h Hash) String() string {
	if len(h) == 0 {
		return "none"
	}
	return "hash"
}

// Key returns the hash as text, for use as a map key.
func (h Hash) Key() string { return hex.EncodeToString(h) }
