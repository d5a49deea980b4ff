package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
)

// UndoHash is under what a receipt's right to take its answer back is kept. It leads
// neither to the receipt nor to [Receipt.Hash]: only who holds the receipt knows that
// the two belong together.
func (r Receipt) UndoHash() SecretHash { return r.mac("steelyard undo v1") }

// Seal encrypts a text so that the receipt alone opens it. Nothing that is stored
// does.
func (r Receipt) Seal(text []byte) ([]byte, error) {
	gcm, err := r.sealer()
	if err != nil {
		return nil, err
	}
	return gcm.Seal(nil, nil, text, nil), nil
}

// Open returns what [Receipt.Seal] sealed.
func (r Receipt) Open(sealed []byte) ([]byte, error) {
	gcm, err := r.sealer()
	if err != nil {
		return nil, err
	}
	text, err := gcm.Open(nil, nil, sealed, nil)
	if err != nil {
		return nil, fmt.Errorf("open what a receipt sealed: %w", err)
	}
	return text, nil
}

// sealer is AES-256-GCM with a random nonce in front of each text.
func (r Receipt) sealer() (cipher.AEAD, error) {
	key := r.mac("steelyard undo key v1")
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func (r Receipt) mac(domain string) SecretHash {
	h := hmac.New(sha256.New, r.secret[:])
	h.Write([]byte(domain))
	return SecretHash(h.Sum(nil))
}
