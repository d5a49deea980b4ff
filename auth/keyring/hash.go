package keyring

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
)

// Domains keep hashes of different things apart, so that none can be matched with another under the same key.
const (
	domainResident = "resident"
	domainRater    = "rater"
	domainReviewer = "reviewer"
	domainImport   = "import"
)

// YearKey is the key of one calendar year.
type YearKey struct {
	secret [keyBytes]byte
}

// String hides the key, so that it cannot get into a log.
func (YearKey) String() string { return "year key" }

// GoString hides the key too.
func (YearKey) GoString() string { return "keyring.YearKey{}" }

// Sum returns the first 16 bytes of
//
//	HMAC-SHA-256(key, len(domain) domain len(part 1) part 1 …)     each length in 4 bytes, big-endian
//
// so that no two lists of parts give the same input. For many sums take a Hasher.
func (k YearKey) Sum(domain string, parts ...string) [16]byte {
	return k.NewHasher().Sum(domain, parts...)
}

// Resident hashes a resident's reference (as an import or an identity service gives it).
func (k YearKey) Resident(ref string) [16]byte { return k.Sum(domainResident, ref) }

// Rater hashes what makes a rater the same rater: the parts that the source offers, in its order.
func (k YearKey) Rater(parts ...string) [16]byte { return k.Sum(domainRater, parts...) }

// Reviewer hashes a reviewer's reference: an official's external id, or what an import calls somebody from outside.
func (k YearKey) Reviewer(ref string) [16]byte { return k.Sum(domainReviewer, ref) }

// Import hashes the external id of an imported row of one kind, by which a repeated import knows it again.
func (k YearKey) Import(kind, id string) [16]byte { return k.Sum(domainImport, kind, id) }

// Hasher computes Sum many times without allocating. It is not safe for concurrent use: take one a goroutine.
type Hasher struct {
	mac hash.Hash
	in  []byte
	out []byte
}

// NewHasher returns a Hasher for k.
func (k YearKey) NewHasher() *Hasher {
	return &Hasher{
		mac: hmac.New(sha256.New, k.secret[:]),
		in:  make([]byte, 0, 128),
		out: make([]byte, 0, sha256.Size),
	}
}

// Sum is YearKey.Sum.
func (h *Hasher) Sum(domain string, parts ...string) [16]byte {
	h.in = appendPart(h.in[:0], domain)
	for _, part := range parts {
		h.in = appendPart(h.in, part)
	}
	h.mac.Reset()
	h.mac.Write(h.in)
	h.out = h.mac.Sum(h.out[:0])
	return [16]byte(h.out)
}

// Resident is YearKey.Resident.
func (h *Hasher) Resident(ref string) [16]byte { return h.Sum(domainResident, ref) }

// Reviewer is YearKey.Reviewer.
func (h *Hasher) Reviewer(ref string) [16]byte { return h.Sum(domainReviewer, ref) }

// Import is YearKey.Import.
func (h *Hasher) Import(kind, id string) [16]byte { return h.Sum(domainImport, kind, id) }

// Rater is YearKey.Rater.
func (h *Hasher) Rater(parts ...string) [16]byte { return h.Sum(domainRater, parts...) }

func appendPart(to []byte, part string) []byte {
	to = binary.BigEndian.AppendUint32(to, uint32(len(part)))
	return append(to, part...)
}
