package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
)

// DeviceName is the name that a browser keeps for a day, so that a standing code is
// used once by it; 128 random bits that say nothing of whom it belongs to.
func DeviceName() string {
	var name [secretBytes]byte
	rand.Read(name[:])
	return base64.RawURLEncoding.EncodeToString(name[:])
}

// ValidDevice says whether a text could be one of [DeviceName]'s.
func ValidDevice(name string) bool {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(name)
	return err == nil && len(raw) == secretBytes
}

// DayMark is under what something is counted for a day:
//
//	HMAC-SHA-256(secret, "steelyard day mark v1", len(part) part …)     the day is the first part
//
// Without the secret nobody finds out what was counted; the marks of two days have
// nothing in common.
func DayMark(secret []byte, day string, parts ...string) SecretHash {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte("steelyard day mark v1"))
	for _, part := range append([]string{day}, parts...) {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
		h.Write([]byte(part))
	}
	return SecretHash(h.Sum(nil))
}
