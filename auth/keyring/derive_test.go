package keyring_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"steelyard/auth/keyring"
	"steelyard/models"
)

func newRing(t *testing.T) *keyring.Keyring {
	t.Helper()
	ring, err := keyring.Create(filepath.Join(t.TempDir(), "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func TestCheckTellsAnotherKeyFileFromTheRightOne(t *testing.T) {
	now := time.Date(2025, 3, 4, 0, 0, 0, 0, time.UTC)
	right, other := newRing(t), newRing(t)
	_, epoch, err := right.Epoch(2025, now)
	if err != nil {
		t.Fatal(err)
	}
	if epoch.Year != 2025 || len(epoch.Fingerprint) != 8 || !epoch.CreatedAt.Equal(now) {
		t.Errorf("epoch %+v", epoch)
	}
	known := []models.KeyEpoch{epoch}
	if err := right.Check(known); err != nil {
		t.Errorf("the right file: %v", err)
	}
	missing := &models.Error{Code: models.CodeConflict, Key: models.KeyKeyMissing}
	if err := other.Check(known); !errors.Is(err, missing) {
		t.Errorf("a file without the year: %v", err)
	}
	if _, err := other.Ensure(2025); err != nil {
		t.Fatal(err)
	}
	if err := other.Check(known); !errors.Is(err, missing) {
		t.Errorf("a file with another key: %v", err)
	}
	if err := right.Destroy(2025, now); err != nil {
		t.Fatal(err)
	}
	if err := right.Check(known); err != nil {
		t.Errorf("a destroyed year is still the same year: %v", err)
	}
	if _, _, err := right.Epoch(2025, now); !errors.Is(err, &models.Error{Code: models.CodeConflict, Key: models.KeyYearSealed}) {
		t.Errorf("a destroyed year's key: %v", err)
	}
}

func TestDerivedKeysAreKeptApart(t *testing.T) {
	key, err := newRing(t).Ensure(2025)
	if err != nil {
		t.Fatal(err)
	}
	h := key.NewHasher()
	resident := h.Resident("x")
	at := time.Date(2025, 3, 4, 9, 30, 0, 0, time.UTC)
	seen := map[[16]byte]string{}
	for name, sum := range map[string][16]byte{
		"resident": resident, "rater": h.RaterOf(resident), "reviewer": h.ReviewerRef("x"),
		"rating import":   h.RatingImport("x"),
		"review import":   h.ReviewImport("o", "x", "PEER", "ABILITY", at),
		"a later review":  h.ReviewImport("o", "x", "PEER", "ABILITY", at.Add(time.Microsecond)),
		"another's words": h.ReviewImport("ox", "", "PEER", "ABILITY", at),
	} {
		if other, found := seen[sum]; found {
			t.Errorf("%s and %s have the same key", name, other)
		}
		seen[sum] = name
	}
	if h.RaterOf(resident) != key.RaterOf(resident) || h.ReviewerRef("x") != key.ReviewerRef("x") {
		t.Error("the hasher and the key disagree")
	}
	shanghai := time.FixedZone("+08:00", 8*3600)
	if h.ReviewImport("o", "x", "PEER", "ABILITY", at) != h.ReviewImport("o", "x", "PEER", "ABILITY", at.In(shanghai)) {
		t.Error("the zone in which an instant is written changes the key")
	}
}
