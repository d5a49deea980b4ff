package auth

import (
	"crypto/ed25519"
	"errors"
	"io/fs"
	"testing"
	"time"

	"steelyard/models"
)

// A token that has been verified before is asked again for its key and its time, and no
// other token gains by it.
func TestAProvenTokenHoldsNoLongerThanItsKeyAndItsTime(t *testing.T) {
	t.Parallel()
	now, key := testNow, edKey(t)
	signer, err := NewSigner(key, testIssuer, testAudience)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signer.Mint(Viewer{Subject: "s", Role: models.RoleHR, Epoch: 3}, now, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	there := []ed25519.PublicKey{signer.Public()}
	cfg := testConfig()
	cfg.Now = func() time.Time { return now }
	cfg.OwnKeys = func() ([]ed25519.PublicKey, error) {
		if there == nil {
			return nil, fs.ErrNotExist
		}
		return there, nil
	}
	v := newTestVerifier(t, cfg)
	verify := func(what, token string, want Reason) {
		t.Helper()
		viewer, err := v.Verify(t.Context(), token)
		var refusal *Error
		switch {
		case want == "" && (err != nil || viewer != Viewer{Subject: "s", Role: models.RoleHR, Epoch: 3}):
			t.Errorf("%s: %+v, %v", what, viewer, err)
		case want != "" && (!errors.As(err, &refusal) || refusal.Reason != want):
			t.Errorf("%s: %+v, %v; want %s", what, viewer, err, want)
		}
	}
	verify("first", token, "")
	verify("again", token, "")
	if v.proven.known.Len() != 1 {
		t.Error("it is not remembered")
	}
	forged := []byte(token)
	forged[len(forged)-3] ^= 1
	verify("with another signature", string(forged), ReasonInvalid)

	another := edKey(t)
	there = append(there, another.Public().(ed25519.PublicKey))
	now = now.Add(2 * ownRefresh)
	verify("beside a new key", token, "")
	now = now.Add(-2 * time.Hour)
	verify("before it was issued", token, ReasonInvalid)
	now = now.Add(2 * time.Hour)
	verify("in its time again", token, "")
	there = nil
	now = now.Add(2 * ownRefresh)
	verify("of a key that was taken away", token, ReasonInvalid)
	there = []ed25519.PublicKey{signer.Public()}
	now = now.Add(2 * ownRefresh)
	verify("of a key that is back", token, "")
	now = now.Add(time.Hour)
	verify("after its time", token, ReasonExpired)
}
