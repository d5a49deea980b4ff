package auditchain

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"steelyard/models"
)

// key is the same in every test; other is somebody else's.
var key, other = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32)), ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, 32))

func keyID(k ed25519.PublicKey) string { return base64.RawURLEncoding.EncodeToString(k[:6]) }

func public(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

func trusted() map[string]ed25519.PublicKey {
	return map[string]ed25519.PublicKey{keyID(public(key)): public(key)}
}

var start = time.Date(2025, 3, 4, 2, 0, 0, 0, time.UTC)

// entry makes the n-th entry; every fifth is of an anonymous write.
func entry(n int) *models.AuditEntry {
	e := &models.AuditEntry{At: start.Add(time.Duration(n) * time.Second), Actor: "hr", Action: "openCycle", Noun: "Cycle", Details: map[string]string{"n": fmt.Sprint(n), "reason": "因为"}}
	e.ID[0], e.ID[15] = byte(n), 1
	if n%5 == 0 {
		e.Actor, e.At, e.Details = models.ActorResident, start.Truncate(24*time.Hour), map[string]string{}
		return e
	}
	e.NounID = &models.ID{7}
	return e
}

// link is a block with its entries.
type link struct {
	block Block
	items []Item
}

// forge makes a chain of entries 1, 2, … in blocks of so many, signed by a key.
func forge(signer ed25519.PrivateKey, sizes ...int) []link {
	var out []link
	var head Head
	n := 0
	for _, size := range sizes {
		var entries []*models.AuditEntry
		var items []Item
		for i := range size {
			n++
			e := entry(n)
			entries = append(entries, e)
			items = append(items, Item{Position: i + 1, Leaf: Leaf(e), EntryID: e.ID.String(), Entry: e})
		}
		b := Close(head, start.Add(time.Duration(n)*time.Minute), entries, signer, keyID(public(signer)))
		out, head = append(out, link{b, items}), b.Head()
	}
	return out
}

func verify(links []link, kept *Head) (Report, *Fault) {
	v := NewVerifier(trusted(), kept)
	for i := range links {
		if f := v.Block(&links[i].block, links[i].items); f != nil {
			return Report{}, f
		}
	}
	return v.End()
}

// reseal makes a block's hash and signature anew, and links what follows to it, as
// somebody does who has another key.
func reseal(links []link, from int) {
	for i := from; i < len(links); i++ {
		b := &links[i].block
		if i > 0 {
			b.Previous = links[i-1].block.Hash
		}
		var leaves []Digest
		for j := range links[i].items {
			leaves = append(leaves, links[i].items[j].Leaf)
		}
		b.Count, b.Hash = len(leaves), b.Over(leaves)
		b.Signature = ed25519.Sign(other, signed(b.Head()))
	}
}

// tampering is one thing done to a chain of three blocks of 3, 4 and 2 entries, and
// the place that must be named.
var tampering = map[string]struct {
	do   func(l []link) []link
	want Fault
}{
	"an entry's field changed": {func(l []link) []link {
		l[1].items[2].Entry.Action = "closeCycle"
		return l
	}, Fault{Block: 2, Position: 3, Defect: EntryChanged}},
	"an entry's moment changed by a microsecond": {func(l []link) []link {
		l[0].items[0].Entry.At = l[0].items[0].Entry.At.Add(time.Microsecond)
		return l
	}, Fault{Block: 1, Position: 1, Defect: EntryChanged}},
	"what belongs to a key moved to its value": {func(l []link) []link {
		l[0].items[1].Entry.Details = map[string]string{"n": "2", "reaso": "n因为"}
		return l
	}, Fault{Block: 1, Position: 2, Defect: EntryChanged}},
	"an entry and its leaf changed": {func(l []link) []link {
		l[1].items[2].Entry.Action = "closeCycle"
		l[1].items[2].Leaf = Leaf(l[1].items[2].Entry)
		return l
	}, Fault{Block: 2, Defect: BlockChanged}},
	"an entry changed and everything sealed anew by another": {func(l []link) []link {
		l[1].items[2].Entry.Action = "closeCycle"
		l[1].items[2].Leaf = Leaf(l[1].items[2].Entry)
		reseal(l, 1)
		return l
	}, Fault{Block: 2, Defect: BlockUnsigned}},
	"an entry deleted": {func(l []link) []link {
		l[1].items = slices.Delete(l[1].items, 1, 2)
		return l
	}, Fault{Block: 2, Position: 2, Defect: EntryMissing}},
	"the last entry of a block deleted": {func(l []link) []link {
		l[1].items = l[1].items[:3]
		return l
	}, Fault{Block: 2, Position: 4, Defect: EntryMissing}},
	"an entry lost whose place is known": {func(l []link) []link {
		l[1].items[1].Entry, l[1].items[1].Lost = nil, EntryMissing
		return l
	}, Fault{Block: 2, Position: 2, Defect: EntryMissing}},
	"two entries exchanged": {func(l []link) []link {
		i := l[1].items
		i[1], i[2] = i[2], i[1]
		return l
	}, Fault{Block: 2, Position: 2, Defect: EntryMissing}},
	"two entries exchanged with their positions": {func(l []link) []link {
		i := l[1].items
		i[2], i[3] = i[3], i[2]
		i[2].Position, i[3].Position = 3, 4
		return l
	}, Fault{Block: 2, Position: 4, Defect: EntryMoved}},
	"an entry twice": {func(l []link) []link {
		l[1].items = slices.Insert(l[1].items, 1, l[1].items[0])
		return l
	}, Fault{Block: 2, Position: 2, Defect: EntryMoved}},
	"an entry added": {func(l []link) []link {
		e := entry(100)
		l[2].items = append(l[2].items, Item{Position: 3, Leaf: Leaf(e), Entry: e})
		return l
	}, Fault{Block: 3, Position: 3, Defect: EntryAdded}},
	"an entry added and counted": {func(l []link) []link {
		e := entry(101)
		l[2].items = append(l[2].items, Item{Position: 3, Leaf: Leaf(e), Entry: e})
		l[2].block.Count++
		return l
	}, Fault{Block: 3, Defect: BlockChanged}},
	"a block deleted":   {func(l []link) []link { return slices.Delete(l, 1, 2) }, Fault{Block: 2, Defect: BlockMissing}},
	"the first deleted": {func(l []link) []link { return l[1:] }, Fault{Block: 1, Defect: BlockMissing}},
	"a block twice":     {func(l []link) []link { return slices.Insert(l, 1, l[0]) }, Fault{Block: 1, Defect: BlockMoved}},
	"a deleted block's number given on": {func(l []link) []link {
		l = slices.Delete(l, 1, 2)
		l[1].block.Number = 2
		return l
	}, Fault{Block: 2, Defect: BlockUnlinked}},
	"a block's moment changed": {func(l []link) []link {
		l[1].block.ClosedAt = start
		return l
	}, Fault{Block: 2, Defect: BlockChanged}},
	"a block said to be more anonymous": {func(l []link) []link {
		l[1].block.Anonymous++
		return l
	}, Fault{Block: 2, Defect: BlockChanged}},
	"an entry withheld as if it were anonymous": {func(l []link) []link {
		l[1].items[2].Entry = nil
		return l
	}, Fault{Block: 2, Defect: EntryWithheld}},
	"a signature spoilt": {func(l []link) []link {
		l[1].block.Signature = slices.Clone(l[1].block.Signature)
		l[1].block.Signature[0] ^= 1
		return l
	}, Fault{Block: 2, Defect: BlockUnsigned}},
	"a foreign chain":   {func([]link) []link { return forge(other, 3, 4, 2) }, Fault{Block: 1, Defect: KeyUnknown}},
	"the tail cut":      {func(l []link) []link { return l[:2] }, Fault{Block: 3, Defect: HeadCut}},
	"the chain is gone": {func([]link) []link { return nil }, Fault{Block: 1, Defect: HeadCut}},
	"another tail": {func(l []link) []link {
		l = l[:2]
		e := entry(102)
		b := Close(l[1].block.Head(), start, []*models.AuditEntry{e}, key, keyID(public(key)))
		return append(l, link{b, []Item{{Position: 1, Leaf: Leaf(e), Entry: e}}})
	}, Fault{Block: 3, Defect: HeadOther}},
}

// TestEveryTamperingIsNamed does each to a chain and to an extract of it.
func TestEveryTamperingIsNamed(t *testing.T) {
	whole := forge(key, 3, 4, 2)
	kept := whole[2].block.Head()
	for name, c := range tampering {
		t.Run(name, func(t *testing.T) {
			_, fault := verify(c.do(forge(key, 3, 4, 2)), &kept)
			wantFault(t, fault, c.want)
			if c.want.Defect == EntryMissing && name == "an entry lost whose place is known" {
				return // an extract has no such place
			}
			_, err := VerifyExtract(extract(t, "", c.do(forge(key, 3, 4, 2))), trusted(), keyID, &kept)
			fault = nil
			errors.As(err, &fault)
			wantFault(t, fault, c.want)
		})
	}
	if r, fault := verify(whole, &kept); fault != nil || r.Entries != 9 || r.Blocks != 3 || r.Anonymous != 1 || r.Withheld != 0 || r.Head != kept {
		t.Errorf("an untouched chain: %+v, %v", r, fault)
	}
}

func wantFault(t *testing.T, got *Fault, want Fault) {
	t.Helper()
	if got == nil || got.Block != want.Block || got.Position != want.Position || got.Defect != want.Defect {
		t.Errorf("found %+v, want %+v", got, want)
	}
}

// extract writes links as an extract, anonymous entries by their leaf.
func extract(t *testing.T, unit string, links []link) *bytes.Buffer {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, start, unit, public(key))
	if err != nil {
		t.Fatal(err)
	}
	for i := range links {
		for j := range links[i].items {
			if item := &links[i].items[j]; item.Entry != nil && item.Entry.Anonymous() {
				item.Entry, item.EntryID = nil, ""
			}
		}
		if err := w.Block(&links[i].block, links[i].items); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &out
}

// TestAnExtractIsCheckedByItself: with keys from elsewhere, and without.
func TestAnExtractIsCheckedByItself(t *testing.T) {
	links := forge(key, 3, 4, 2)
	got, err := VerifyExtract(extract(t, "", links), trusted(), keyID, nil)
	if err != nil || got.OwnKeys || got.Entries != 9 || got.Anonymous != 1 || got.Withheld != 0 || !got.Since.Equal(links[0].block.ClosedAt) {
		t.Errorf("%+v, %v", got, err)
	}
	text := extract(t, "", forge(key, 3, 4, 2)).String()
	if strings.Contains(text, "resident") {
		t.Errorf("an anonymous entry is told:\n%s", text)
	}
	if got, err = VerifyExtract(strings.NewReader(text), nil, keyID, nil); err != nil || !got.OwnKeys {
		t.Errorf("by its own keys: %+v, %v", got, err)
	}
	part := forge(key, 3, 4, 2)
	part[1].items[2].Entry = nil
	if got, err = VerifyExtract(extract(t, "north", part), trusted(), keyID, nil); err != nil || got.Unit != "north" || got.Withheld != 1 {
		t.Errorf("of a unit: %+v, %v", got, err)
	}
}

// TestABrokenExtractIsRefused: whatever is not an extract from its first line to its
// last is a fault that names the line or the place.
func TestABrokenExtractIsRefused(t *testing.T) {
	lines := strings.SplitAfter(strings.TrimSuffix(extract(t, "", forge(key, 3, 4, 2)).String(), "\n"), "\n")
	for name, c := range map[string]struct {
		lines []string
		want  Defect
	}{
		"nothing":            {nil, ExtractCut},
		"no beginning":       {lines[1:], ExtractUnread},
		"no end":             {lines[:len(lines)-1], ExtractCut},
		"cut in a block":     {lines[:3], EntryMissing},
		"a blank line":       {slices.Insert(slices.Clone(lines), 2, "\n"), ExtractUnread},
		"an unknown member":  {slices.Insert(slices.Clone(lines), 1, `{"note":1}`+"\n"), ExtractUnread},
		"a word behind":      {append(slices.Clone(lines), "\nx"), ExtractUnread},
		"two beginnings":     {slices.Insert(slices.Clone(lines), 1, lines[0]), ExtractUnread},
		"an entry too early": {slices.Insert(slices.Clone(lines), 1, lines[2]), ExtractUnread},
		"another format":     {append([]string{`{"start":{"format":"x","writtenAt":"","keys":[]}}` + "\n"}, lines[1:]...), ExtractUnread},
		"another last head":  {append(slices.Clone(lines[:len(lines)-1]), `{"end":{"head":""}}`), ExtractCut},
		"too long a line":    {append([]string{lines[0]}, strings.Repeat(" ", maxLine+1)), ExtractUnread},
	} {
		_, err := VerifyExtract(strings.NewReader(strings.Join(c.lines, "")), trusted(), keyID, nil)
		var fault *Fault
		if !errors.As(err, &fault) || fault.Defect != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// TestDigestsAreWhatTheDocumentSays holds leaf and block to bytes that were written
// by hand from the description, so that others' programs agree.
func TestDigestsAreWhatTheDocumentSays(t *testing.T) {
	e := entry(1)
	text := "24:steelyard audit entry v1,36:01000000-0000-0000-0000-000000000001,27:2025-03-04T02:00:01.000000Z," +
		"2:hr,9:openCycle,5:Cycle,36:07000000-0000-0000-0000-000000000000,1:n,1:1,6:reason,6:因为,"
	if got, want := Leaf(e), hashed(text); got != want {
		t.Errorf("leaf %s, want %s", got, want)
	}
	b := Close(Head{}, start, []*models.AuditEntry{e}, key, "k")
	text = "24:steelyard audit block v1,1:1,64:" + strings.Repeat("0", 64) + ",27:2025-03-04T02:00:00.000000Z,1:0,1:1,64:" + Leaf(e).String() + ","
	if want := hashed(text); b.Hash != want {
		t.Errorf("block %s, want %s", b.Hash, want)
	}
	head := "1:" + b.Hash.String()
	if !ed25519.Verify(public(key), []byte("23:steelyard audit head v1,66:"+head+","), b.Signature) {
		t.Error("the signature is over something else")
	}
	if got, err := ParseHead(head); err != nil || got != b.Head() {
		t.Errorf("%v, %v", got, err)
	}
	for _, wrong := range []string{"", "1", "0:" + b.Hash.String(), "01:" + b.Hash.String(), "1:" + strings.ToUpper(b.Hash.String()), head + "0", "-1:" + b.Hash.String()} {
		if got, err := ParseHead(wrong); err == nil {
			t.Errorf("%q is read as %v", wrong, got)
		}
	}
}

// FuzzVerifyExtract: no bytes make the reader panic, and none that differ from an
// extract that holds are one by the same key with another head.
func FuzzVerifyExtract(f *testing.F) {
	var t testing.T
	links := forge(key, 2, 3)
	head := links[1].block.Head()
	f.Add(extract(&t, "", links).Bytes())
	f.Add(extract(&t, "north", forge(key, 1)).Bytes())
	f.Add([]byte(`{"start":{"format":"` + Format + `","writtenAt":"","keys":["AA=="]}}` + "\n" + `{"end":{}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := VerifyExtract(bytes.NewReader(raw), trusted(), keyID, &head)
		if err == nil && got.Head != head {
			t.Errorf("a chain that ends with %s holds against %s", got.Head, head)
		}
		if _, err := VerifyExtract(bytes.NewReader(raw), nil, keyID, nil); err != nil && err.Error() == "" {
			t.Error("an error without a word")
		}
	})
}

func hashed(text string) Digest { return sha256.Sum256([]byte(text)) }
