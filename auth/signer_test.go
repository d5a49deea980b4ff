package auth

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"steelyard/models"
)

// TestKeyID compares with the thumbprint in RFC 8037, appendix A.3.
func TestKeyID(t *testing.T) {
	t.Parallel()
	public, err := base64.RawURLEncoding.DecodeString("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := KeyID(public), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
}

func TestSignersJWKSVerifiesItsTokens(t *testing.T) {
	t.Parallel()
	signer, err := NewSigner(edKey(t), testIssuer, testAudience)
	if err != nil {
		t.Fatal(err)
	}
	set, err := signer.JWKS()
	if err != nil {
		t.Fatal(err)
	}
	cfg := testConfig()
	cfg.JWKSFile = writeTemp(t, set)
	cfg.PublicKey = signer.Public() // the same key twice is no conflict
	token, err := signer.Mint(Viewer{Subject: "s", Role: models.RoleAuditor}, testNow, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newTestVerifier(t, cfg).Verify(t.Context(), token); err != nil {
		t.Fatal(err)
	}
}

func TestSignerRefusesWhatAVerifierWould(t *testing.T) {
	t.Parallel()
	signer, err := NewSigner(edKey(t), testIssuer, testAudience)
	if err != nil {
		t.Fatal(err)
	}
	for name, viewer := range map[string]Viewer{
		"no subject":     {Role: models.RoleHR},
		"no role":        {Subject: "s"},
		"unknown role":   {Subject: "s", Role: "ROOT"},
		"negative epoch": {Subject: "s", Role: models.RoleHR, Epoch: -1},
	} {
		if _, err := signer.Mint(viewer, testNow, time.Hour); err == nil {
			t.Errorf("%s: minted", name)
		}
	}
	if _, err := signer.Mint(Viewer{Subject: "s", Role: models.RoleHR}, testNow, 0); err == nil {
		t.Error("a token without a lifetime was minted")
	}
	if _, err := NewSigner(nil, testIssuer, testAudience); err == nil {
		t.Error("a signer without a key was made")
	}
	if _, err := NewSigner(edKey(t), "", testAudience); err == nil {
		t.Error("a signer without an issuer was made")
	}
}

func TestKeyFile(t *testing.T) {
	t.Parallel()
	private := edKey(t)
	path := filepath.Join(t.TempDir(), "token.key")
	if err := WriteKeyFile(path, private); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v", info.Mode())
	}
	back, err := ReadKeyFile(path)
	if err != nil || !back.Equal(private) {
		t.Fatalf("read back %v, %v", back.Equal(private), err)
	}
	if err := WriteKeyFile(path, edKey(t)); !errors.Is(err, fs.ErrExist) {
		t.Fatalf("overwriting gave %v", err)
	}
	if back, err = ReadKeyFile(path); err != nil || !back.Equal(private) {
		t.Fatal("the refused write changed the file")
	}
	if _, err := ReadPublicKeyFile(path); err == nil {
		t.Fatal("a private key passed as a public one")
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadKeyFile(path); err == nil {
		t.Fatal("a key file that others may read was accepted")
	}
}

// TestReadPublicKeyFile reads the example key of RFC 8410, section 10.1.
func TestReadPublicKeyFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "public.pem")
	text := "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	public, err := ReadPublicKeyFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(public) != ed25519.PublicKeySize || public[0] != 0x19 || public[31] != 0xe1 {
		t.Fatalf("got %x", public)
	}
}
