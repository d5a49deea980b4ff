package auditchain

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"steelyard/models"
)

// Format is the first word of an extract.
const Format = "steelyard audit extract v1"

// maxLine bounds a line of an extract, in bytes: an entry's details are short.
const maxLine = 4 << 20

// line is a line of an extract, of whichever kind: exactly one of its members is
// there.
type line struct {
	Start *startLine `json:"start,omitempty"`
	Block *blockLine `json:"block,omitempty"`
	Entry *entryLine `json:"entry,omitempty"`
	End   *endLine   `json:"end,omitempty"`
}

// startLine says what the file is. The key is the one that the chain's own server
// signs with: a reader who was given it elsewhere does not take it from here.
type startLine struct {
	Format    string   `json:"format"`
	WrittenAt string   `json:"writtenAt"`
	Unit      string   `json:"unit,omitempty"` // entries outside this unit are given by their leaf alone; empty: no others are
	Keys      []string `json:"keys"`           // Ed25519, 32 bytes each in base64
}

type blockLine struct {
	Number    int    `json:"number"`
	Previous  string `json:"previous"`
	ClosedAt  string `json:"closedAt"`
	Count     int    `json:"count"`
	Anonymous int    `json:"anonymous"`
	Hash      string `json:"hash"`
	KeyID     string `json:"keyId"`
	Signature string `json:"signature"`
}

// entryLine is an entry of the block above it; without an id it is a leaf alone.
type entryLine struct {
	Position int               `json:"position"`
	Leaf     string            `json:"leaf"`
	ID       string            `json:"id,omitempty"`
	At       string            `json:"at,omitempty"`
	Actor    string            `json:"actor,omitempty"`
	Action   string            `json:"action,omitempty"`
	Noun     string            `json:"noun,omitempty"`
	NounID   string            `json:"nounId,omitempty"`
	Details  map[string]string `json:"details,omitempty"`
}

// endLine says that nothing is missing behind it.
type endLine struct {
	Head string `json:"head"` // NUMBER:HASH; empty where there is no block
}

// Writer writes an extract: a JSON object a line.
type Writer struct {
	json *json.Encoder
	head Head
}

// NewWriter begins an extract; of a unit, by its external id, where entries outside
// it are withheld.
func NewWriter(w io.Writer, at time.Time, unit string, keys ...ed25519.PublicKey) (*Writer, error) {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	start := startLine{Format: Format, WrittenAt: moment(at), Unit: unit, Keys: []string{}}
	for _, k := range keys {
		start.Keys = append(start.Keys, base64.StdEncoding.EncodeToString(k))
	}
	return &Writer{json: enc}, enc.Encode(line{Start: &start})
}

// Block writes the next block with its entries.
func (w *Writer) Block(b *Block, items []Item) error {
	w.head = b.Head()
	err := w.json.Encode(line{Block: &blockLine{
		Number: b.Number, Previous: b.Previous.String(), ClosedAt: moment(b.ClosedAt), Count: b.Count, Anonymous: b.Anonymous,
		Hash: b.Hash.String(), KeyID: b.KeyID, Signature: SignatureText(b.Signature),
	}})
	for i := range items {
		if err != nil {
			return err
		}
		err = w.json.Encode(line{Entry: lineOf(&items[i])})
	}
	return err
}

func lineOf(item *Item) *entryLine {
	l := &entryLine{Position: item.Position, Leaf: item.Leaf.String()}
	if e := item.Entry; e != nil {
		l.ID, l.At, l.Actor, l.Action, l.Noun, l.Details = e.ID.String(), moment(e.At), e.Actor, e.Action, e.Noun, e.Details
		if e.NounID != nil {
			l.NounID = e.NounID.String()
		}
	}
	return l
}

// Close writes the last line.
func (w *Writer) Close() error {
	end := endLine{}
	if w.head.Number > 0 {
		end.Head = w.head.String()
	}
	return w.json.Encode(line{End: &end})
}

// Checked is what an extract says, as far as it could be checked.
type Checked struct {
	Report
	// OwnKeys says that nobody but the extract itself vouches for the keys.
	OwnKeys bool
	// Unit is whose extract it is, by external id; empty: everybody's.
	Unit string
}

// VerifyExtract goes over an extract. Without keys it takes the extract's own, so
// that it finds slips and clumsy changes, and no change by whoever can sign anew.
// A *Fault is what does not hold; any other error is the reader's.
func VerifyExtract(r io.Reader, keys map[string]ed25519.PublicKey, keyID func(ed25519.PublicKey) string, kept *Head) (*Checked, error) {
	lines := &reader{in: bufio.NewScanner(r)}
	lines.in.Buffer(make([]byte, 0, 64<<10), maxLine)
	first, err := lines.next()
	if err != nil {
		return nil, err
	}
	if first.Start == nil || first.Start.Format != Format {
		return nil, lines.fault("it does not begin as an extract")
	}
	out := &Checked{OwnKeys: len(keys) == 0, Unit: first.Start.Unit}
	if out.OwnKeys {
		if keys, err = first.Start.keys(keyID); err != nil {
			return nil, lines.fault(err.Error())
		}
	}
	v := NewVerifier(keys, kept)
	v.part = first.Start.Unit != ""
	end, err := lines.blocks(v)
	if err != nil {
		return nil, err
	}
	report, fault := v.End()
	if fault != nil {
		return nil, fault
	}
	if said := end.Head; said != "" && said != report.Head.String() || said == "" && report.Blocks > 0 {
		return nil, &Fault{Block: report.Head.Number + 1, Defect: ExtractCut, Detail: "its last line says " + said}
	}
	out.Report = report
	return out, nil
}

func (s *startLine) keys(keyID func(ed25519.PublicKey) string) (map[string]ed25519.PublicKey, error) {
	keys := make(map[string]ed25519.PublicKey, len(s.Keys))
	for _, text := range s.Keys {
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(raw) != ed25519.PublicKeySize {
			return nil, errors.New("a key is not 32 bytes in base64")
		}
		keys[keyID(raw)] = raw
	}
	return keys, nil
}

// reader reads an extract's lines.
type reader struct {
	in    *bufio.Scanner
	n     int
	block int // the last one that was read
}

func (r *reader) fault(why string) *Fault {
	return &Fault{Block: r.block, Defect: ExtractUnread, Detail: fmt.Sprintf("line %d: %s", r.n, why)}
}

// next reads a line. One that breaks off, or holds anything but one known thing, is a
// fault.
func (r *reader) next() (*line, error) {
	r.n++
	if !r.in.Scan() {
		switch err := r.in.Err(); {
		case errors.Is(err, bufio.ErrTooLong):
			return nil, r.fault("it is too long")
		case err != nil:
			return nil, fmt.Errorf("read the extract: %w", err)
		}
		return nil, &Fault{Block: r.block, Defect: ExtractCut, Detail: "it has no last line"}
	}
	var l line
	dec := json.NewDecoder(bytes.NewReader(r.in.Bytes()))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&l); err != nil {
		return nil, r.fault(err.Error())
	}
	kinds := 0
	for _, is := range []bool{l.Start != nil, l.Block != nil, l.Entry != nil, l.End != nil} {
		if is {
			kinds++
		}
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) || kinds != 1 {
		return nil, r.fault("it is not one start, block, entry or end")
	}
	return &l, nil
}

// blocks hands every block to the verifier and returns the last line.
func (r *reader) blocks(v *Verifier) (*endLine, error) {
	var block *Block
	var items []Item
	flush := func() error {
		if block == nil {
			return nil
		}
		if f := v.Block(block, items); f != nil {
			return f
		}
		return nil
	}
	for {
		l, err := r.next()
		if f := (*Fault)(nil); errors.As(err, &f) && f.Defect == ExtractCut {
			err = cmp.Or(flush(), err) // what is missing in front of the break is its first place
		}
		if err != nil {
			return nil, err
		}
		switch {
		case l.Entry != nil && block != nil:
			item, err := l.Entry.item()
			if err != nil {
				return nil, r.fault(err.Error())
			}
			items = append(items, item)
			continue
		case l.Start != nil || l.Entry != nil:
			return nil, r.fault("it does not belong here")
		}
		if err := flush(); err != nil {
			return nil, err
		}
		if l.End != nil {
			if r.n++; r.in.Scan() {
				return nil, r.fault("it follows the last line")
			}
			return l.End, r.in.Err()
		}
		b, err := l.Block.block()
		if err != nil {
			return nil, r.fault(err.Error())
		}
		block, items, r.block = &b, items[:0], b.Number
	}
}

func (l *blockLine) block() (b Block, err error) {
	b = Block{Number: l.Number, Count: l.Count, Anonymous: l.Anonymous, KeyID: l.KeyID}
	var errs [4]error
	b.Previous, errs[0] = ParseDigest(l.Previous)
	b.Hash, errs[1] = ParseDigest(l.Hash)
	b.ClosedAt, errs[2] = parseMoment(l.ClosedAt)
	b.Signature, errs[3] = base64.StdEncoding.DecodeString(l.Signature)
	return b, errors.Join(errs[:]...)
}

func (l *entryLine) item() (Item, error) {
	leaf, err := ParseDigest(l.Leaf)
	item := Item{Position: l.Position, Leaf: leaf, EntryID: l.ID}
	if err != nil || l.ID == "" {
		if err == nil && (l.At+l.Actor+l.Action+l.Noun+l.NounID != "" || l.Details != nil) {
			err = errors.New("an entry without an id")
		}
		return item, err
	}
	e := &models.AuditEntry{Actor: l.Actor, Action: l.Action, Noun: l.Noun, Details: l.Details}
	if e.ID, err = models.ParseID(l.ID); err != nil {
		return item, err
	}
	if e.At, err = parseMoment(l.At); err != nil {
		return item, err
	}
	if l.NounID != "" {
		id, err := models.ParseID(l.NounID)
		if err != nil {
			return item, err
		}
		e.NounID = &id
	}
	item.Entry = e
	return item, nil
}

// parseMoment reads a moment in the one spelling that it is written in.
func parseMoment(text string) (time.Time, error) {
	t, err := time.Parse(momentForm, text)
	if err != nil || moment(t) != text {
		return time.Time{}, fmt.Errorf("%q is no moment such as 2025-03-04T02:00:00.000000Z", text)
	}
	return t, nil
}
