package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"fmt"
)

// domainSeal keeps the key that texts are sealed with apart from all hashes.
const domainSeal = "seal"

// Seal encrypts a text under the year's key, so that neither the database nor a
// backup of it gives the text away, and nobody can read it any more once the key is
// destroyed. about says what the text belongs to; it must be said again to open it,
// so that a sealed text cannot be moved to another record.
func (k YearKey) Seal(text, about []byte) ([]byte, error) {
	gcm, err := k.sealer()
	if err != nil {
		return nil, err
	}
	return gcm.Seal(nil, nil, text, about), nil
}

// Open returns what [YearKey.Seal] sealed.
func (k YearKey) Open(sealed, about []byte) ([]byte, error) {
	gcm, err := k.sealer()
	if err != nil {
		return nil, err
	}
	text, err := gcm.Open(nil, nil, sealed, about)
	if err != nil {
		return nil, fmt.Errorf("open what the year's key sealed: %w", err)
	}
	return text, nil
}

// sealer is AES-256-GCM with a random nonce in front of each text.
func (k YearKey) sealer() (cipher.AEAD, error) {
	low, high := k.Sum(domainSeal, "1"), k.Sum(domainSeal, "2")
	block, err := aes.NewCipher(append(low[:], high[:]...))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
