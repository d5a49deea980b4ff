package auditchain

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"time"

	"steelyard/models"
)

// Defect is what is wrong with a place of a chain.
type Defect string

// The defects.
const (
	EntryChanged  Defect = "ENTRY_CHANGED"
	EntryMissing  Defect = "ENTRY_MISSING"
	EntryAdded    Defect = "ENTRY_ADDED"
	EntryMoved    Defect = "ENTRY_MOVED"
	EntryUnread   Defect = "ENTRY_UNREAD"
	EntryWithheld Defect = "ENTRY_WITHHELD"
	BlockMissing  Defect = "BLOCK_MISSING"
	BlockMoved    Defect = "BLOCK_MOVED"
	BlockUnlinked Defect = "BLOCK_UNLINKED"
	BlockChanged  Defect = "BLOCK_CHANGED"
	BlockUnsigned Defect = "BLOCK_UNSIGNED"
	KeyUnknown    Defect = "KEY_UNKNOWN"
	HeadCut       Defect = "HEAD_CUT"
	HeadOther     Defect = "HEAD_OTHER"
	ExtractCut    Defect = "EXTRACT_CUT"
	ExtractUnread Defect = "EXTRACT_UNREAD"
)

// Defects are all of them.
var Defects = []Defect{EntryChanged, EntryMissing, EntryAdded, EntryMoved, EntryUnread, EntryWithheld, BlockMissing, BlockMoved, BlockUnlinked, BlockChanged, BlockUnsigned, KeyUnknown, HeadCut, HeadOther, ExtractCut, ExtractUnread}

// defectTexts are what a fault says of its place.
var defectTexts = map[Defect]string{
	EntryChanged:  "is not what was chained",
	EntryMissing:  "is missing",
	EntryAdded:    "was added later: the block was closed over fewer",
	EntryMoved:    "does not stand where it was chained",
	EntryUnread:   "cannot be read",
	EntryWithheld: "gives more entries by their digest alone than were written anonymously",
	BlockMissing:  "is missing",
	BlockMoved:    "does not stand where it was chained",
	BlockUnlinked: "does not name the block before it",
	BlockChanged:  "does not have the hash of its entries",
	BlockUnsigned: "is not signed by its key",
	KeyUnknown:    "is signed by a key that nobody vouched for",
	HeadCut:       "is missing: the chain was cut before the head that was kept",
	HeadOther:     "is not the head that was kept",
	ExtractCut:    "is where the extract breaks off",
	ExtractUnread: "cannot be read",
}

// Fault is the first place at which a chain does not hold. Position counts a
// block's entries from 1; 0 is the block itself.
type Fault struct {
	Block, Position int
	EntryID         string // empty where it is not known
	Defect          Defect
	Detail          string // more for people; may be empty
}

// Error names the place and what is wrong with it.
func (f *Fault) Error() string {
	text := fmt.Sprintf("block %d", f.Block)
	if f.Position > 0 {
		text += fmt.Sprintf(", position %d", f.Position)
	}
	if f.EntryID != "" {
		text += ", entry " + f.EntryID
	}
	text += " " + defectTexts[f.Defect]
	if f.Detail != "" {
		text += " (" + f.Detail + ")"
	}
	return text
}

// Item is what stands at a place of a block: the leaf that was chained, and the
// entry, if whoever reads may see it.
type Item struct {
	Position int
	Leaf     Digest
	EntryID  string             // empty where it is not told
	Entry    *models.AuditEntry // nil: the leaf stands alone
	Lost     Defect             // why an entry that should be there is not; empty: it is there or not told
}

// Report says what a chain is that holds.
type Report struct {
	Blocks, Entries int
	Anonymous       int // of the entries, those of anonymous writes
	Withheld        int // of the others, those given by their leaf alone
	Head            Head
	Since, Until    time.Time // when the first and the last block were closed
}

// Verifier goes over a chain block by block.
type Verifier struct {
	keys   map[string]ed25519.PublicKey
	kept   *Head
	part   bool // entries outside some scope are withheld
	report Report
}

// NewVerifier knows the keys that may sign, by their ids, and the head that was
// kept elsewhere; nil where none was.
func NewVerifier(keys map[string]ed25519.PublicKey, kept *Head) *Verifier {
	return &Verifier{keys: keys, kept: kept}
}

// Block takes the next block with its entries. After a fault it must not be asked
// again.
func (v *Verifier) Block(b *Block, items []Item) *Fault {
	next := v.report.Head.Number + 1
	switch {
	case b.Number > next:
		return &Fault{Block: next, Defect: BlockMissing}
	case b.Number < next:
		return &Fault{Block: b.Number, Defect: BlockMoved}
	case b.Previous != v.report.Head.Hash:
		return &Fault{Block: b.Number, Defect: BlockUnlinked}
	}
	if f := v.items(b, items); f != nil {
		return f
	}
	leaves := make([]Digest, len(items))
	for i := range items {
		leaves[i] = items[i].Leaf
	}
	switch {
	case b.Over(leaves) != b.Hash:
		return &Fault{Block: b.Number, Defect: BlockChanged}
	case v.keys[b.KeyID] == nil:
		return &Fault{Block: b.Number, Defect: KeyUnknown, Detail: b.KeyID}
	case !SignedBy(b.Head(), v.keys[b.KeyID], b.Signature):
		return &Fault{Block: b.Number, Defect: BlockUnsigned}
	case v.kept != nil && v.kept.Number == b.Number && v.kept.Hash != b.Hash:
		return &Fault{Block: b.Number, Defect: HeadOther}
	}
	withheld := untold(items) - b.Anonymous
	if withheld > 0 && !v.part {
		return &Fault{Block: b.Number, Defect: EntryWithheld}
	}
	v.note(b, withheld)
	return nil
}

// items holds each entry to its leaf and its place.
func (v *Verifier) items(b *Block, items []Item) *Fault {
	var before models.ID
	for i := range items {
		item := &items[i]
		at := Fault{Block: b.Number, Position: i + 1, EntryID: item.EntryID}
		switch {
		case item.Position > i+1:
			at.EntryID, at.Defect = "", EntryMissing
		case item.Position < i+1:
			at.Defect = EntryMoved
		case i >= b.Count:
			at.Defect = EntryAdded
		case item.Lost != "":
			at.Defect = item.Lost
		case item.Entry == nil:
			continue
		case bytes.Compare(item.Entry.ID[:], before[:]) <= 0:
			at.Defect = EntryMoved
		case Leaf(item.Entry) != item.Leaf:
			at.Defect = EntryChanged
		default:
			before = item.Entry.ID
			continue
		}
		return &at
	}
	if len(items) < b.Count {
		return &Fault{Block: b.Number, Position: len(items) + 1, Defect: EntryMissing}
	}
	return nil
}

// untold counts what is anonymous or may be: the leaves that stand alone, too.
func untold(items []Item) int {
	n := 0
	for i := range items {
		if items[i].Entry == nil || items[i].Entry.Anonymous() {
			n++
		}
	}
	return n
}

func (v *Verifier) note(b *Block, withheld int) {
	r := &v.report
	if r.Blocks == 0 {
		r.Since = b.ClosedAt
	}
	r.Blocks++
	r.Entries += b.Count
	r.Anonymous += b.Anonymous
	r.Withheld += max(withheld, 0)
	r.Head, r.Until = b.Head(), b.ClosedAt
}

// End says what the chain was, or that it ends before the head that was kept.
func (v *Verifier) End() (Report, *Fault) {
	if v.kept != nil && v.kept.Number > v.report.Head.Number {
		return v.report, &Fault{Block: v.report.Head.Number + 1, Defect: HeadCut, Detail: "kept " + v.kept.String()}
	}
	return v.report, nil
}
