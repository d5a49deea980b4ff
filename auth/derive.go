package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
)

// DeriveReceipt returns the receipt that belongs to a client's idempotency key:
// the first 128 bits of
//
//	HMAC-SHA-256(secret, "steelyard receipt v1", len(part) part …)
//
// so that a repeat gets the same receipt again although none is kept. The parts
// must hold the client's own random text.
func DeriveReceipt(secret []byte, parts ...string) Receipt {
	return Receipt{derive(secret, "steelyard receipt v1", parts)}
}

// IssueFor returns the invitation token that belongs to a client's idempotency
// key, for the same reason.
func (in *Invitations) IssueFor(parts ...string) (token string, hash SecretHash) {
	id := derive(in.keys[0], "steelyard invitation id v1", parts)
	return in.token(id), sha256.Sum256(id[:])
}

func derive(secret []byte, domain string, parts []string) [secretBytes]byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(domain))
	var size [4]byte
	for _, part := range parts {
		binary.BigEndian.PutUint32(size[:], uint32(len(part)))
		h.Write(size[:])
		h.Write([]byte(part))
	}
	return [secretBytes]byte(h.Sum(nil)[:secretBytes])
}
