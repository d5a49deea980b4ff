package auth

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"io/fs"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

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

// TestKeysAreTheSameByWhatTheyAre, each kind of them, and in the same order.
func TestKeysAreTheSameByWhatTheyAre(t *testing.T) {
	ed := func() any { return edKey(t).Public() }
	curve := func() any {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return key.Public()
	}
	modulus := func() any {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		return key.Public()
	}
	secret := func() any { return []byte(rand.Text()) }
	set := func(keys ...jwt.VerificationKey) any { return jwt.VerificationKeySet{Keys: keys} }
	var all []jwt.VerificationKey
	for name, draw := range map[string]func() any{"Ed25519": ed, "P-256": curve, "RSA": modulus, "secret": secret} {
		one, other := draw(), draw()
		if !sameKeys(set(one), set(one)) || sameKeys(set(one), set(other)) {
			t.Errorf("%s: a key is not itself, or another one's", name)
		}
		all = append(all, one)
	}
	for i := range all {
		for j := range all {
			if same := sameKeys(set(all[i]), set(all[j])); same != (i == j) {
				t.Errorf("%T and %T are the same: %v", all[i], all[j], same)
			}
		}
	}
	if sameKeys(set(all[0]), set(all[0], all[1])) || sameKeys(set(all[0], all[1]), set(all[1], all[0])) || sameKeys(nil, nil) || sameKeys(set(7), set(7)) {
		t.Error("more keys, keys in another order, no set or what is no key are the same")
	}
}
