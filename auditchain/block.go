package auditchain

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"steelyard/models"
)

// The first field of everything that a digest or a signature is taken over.
const (
	entryDomain = "steelyard audit entry v1"
	blockDomain = "steelyard audit block v1"
	headDomain  = "steelyard audit head v1"
)

// momentForm is how moments are written: UTC, microseconds.
const momentForm = "2006-01-02T15:04:05.000000Z"

// Digest is a SHA-256 digest; the zero one stands before the first block.
type Digest [sha256.Size]byte

// String returns 64 hexadecimal digits.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// ParseDigest reads what [Digest.String] writes, and no other spelling.
func ParseDigest(text string) (d Digest, err error) {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(d) || text != strings.ToLower(text) {
		return Digest{}, fmt.Errorf("a digest is %d hexadecimal digits in lower case", 2*len(d))
	}
	return Digest(raw), nil
}

// netstrings appends fields, each with its length before it.
func netstrings(to []byte, fields ...string) []byte {
	for _, f := range fields {
		to = strconv.AppendInt(to, int64(len(f)), 10)
		to = append(append(append(to, ':'), f...), ',')
	}
	return to
}

// Leaf is the digest of an entry with everything that it says.
func Leaf(e *models.AuditEntry) Digest {
	noun := ""
	if e.NounID != nil {
		noun = e.NounID.String()
	}
	text := netstrings(nil, entryDomain, e.ID.String(), moment(e.At), e.Actor, e.Action, e.Noun, noun)
	for _, key := range slices.Sorted(maps.Keys(e.Details)) {
		text = netstrings(text, key, e.Details[key])
	}
	return sha256.Sum256(text)
}

func moment(t time.Time) string { return t.UTC().Format(momentForm) }

// Block is the seal over a batch of entries; it names the block before it.
type Block struct {
	Number    int // the first is 1
	Previous  Digest
	ClosedAt  time.Time
	Count     int // of its entries
	Anonymous int // of them, those of anonymous writes
	Hash      Digest
	KeyID     string // of the key that signed the head
	Signature []byte
}

// Head is where a chain ends: whoever has kept one finds out when what stood
// before it is changed or cut off.
type Head struct {
	Number int
	Hash   Digest
}

// Head is the block as the end of a chain.
func (b *Block) Head() Head { return Head{b.Number, b.Hash} }

// String returns NUMBER:HASH.
func (h Head) String() string { return strconv.Itoa(h.Number) + ":" + h.Hash.String() }

// ParseHead reads NUMBER:HASH.
func ParseHead(text string) (Head, error) {
	number, hash, _ := strings.Cut(text, ":")
	n, err := strconv.Atoi(number)
	digest, wrong := ParseDigest(hash)
	if err != nil || wrong != nil || n < 1 || strconv.Itoa(n) != number {
		return Head{}, fmt.Errorf("%q is no head: write NUMBER:HASH as audit verify prints it", text)
	}
	return Head{n, digest}, nil
}

// Over is the hash of a block of these leaves.
func (b *Block) Over(leaves []Digest) Digest {
	text := netstrings(nil, blockDomain, strconv.Itoa(b.Number), b.Previous.String(), moment(b.ClosedAt), strconv.Itoa(b.Anonymous), strconv.Itoa(len(leaves)))
	for _, l := range leaves {
		text = netstrings(text, l.String())
	}
	return sha256.Sum256(text)
}

// Close makes the block that follows a head, over entries in the order of their ids,
// and signs it.
func Close(before Head, at time.Time, entries []*models.AuditEntry, key ed25519.PrivateKey, keyID string) Block {
	b := Block{Number: before.Number + 1, Previous: before.Hash, ClosedAt: at, Count: len(entries), KeyID: keyID}
	leaves := make([]Digest, len(entries))
	for i, e := range entries {
		leaves[i] = Leaf(e)
		if e.Anonymous() {
			b.Anonymous++
		}
	}
	b.Hash = b.Over(leaves)
	b.Signature = ed25519.Sign(key, signed(b.Head()))
	return b
}

func signed(h Head) []byte { return netstrings(nil, headDomain, h.String()) }

// SignedBy says whether a head bears the signature of a key.
func SignedBy(h Head, key ed25519.PublicKey, signature []byte) bool {
	return ed25519.Verify(key, signed(h), signature)
}

// SignatureText is how a signature is written: base64.
func SignatureText(signature []byte) string { return base64.StdEncoding.EncodeToString(signature) }
