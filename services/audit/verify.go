package audit

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io"
	"time"

	"gorm.io/gorm"

	"steelyard/auditchain"
	"steelyard/auth"
	"steelyard/models"
)

// Verified is a chain that holds.
type Verified struct {
	auditchain.Report
	// Waiting are the entries that are in no block yet.
	Waiting int
}

// Verify goes over the whole chain, from one state of the database. A *auditchain.Fault
// names the first place at which it does not hold. A head that was kept elsewhere
// finds a cut tail, too; nil: there is none.
func (s *Service) Verify(ctx context.Context, kept *auditchain.Head) (*Verified, error) {
	out := &Verified{}
	err := s.Store.InReadTx(ctx, func(db *gorm.DB) error {
		v := auditchain.NewVerifier(s.Keys(), kept)
		err := walk(db, func(b *auditchain.Block, items []auditchain.Item, _ []*models.ID) error {
			return orNil(v.Block(b, items))
		})
		if err != nil {
			return err
		}
		report, fault := v.End()
		if fault == nil {
			fault, err = beyond(db, report.Head)
		}
		if fault != nil || err != nil {
			return errors.Join(orNil(fault), err)
		}
		out.Report = report
		var n int64
		err = db.Raw("SELECT count(*) FROM audit_entries WHERE NOT EXISTS (SELECT 1 FROM audit_members WHERE entry_id = audit_entries.id)").Scan(&n).Error
		out.Waiting = int(n)
		return err
	})
	return out, err
}

// orNil keeps a nil fault from becoming an error that is not nil.
func orNil(f *auditchain.Fault) error {
	if f == nil {
		return nil
	}
	return f
}

// beyond looks for entries of a block that is no longer there.
func beyond(db *gorm.DB, head auditchain.Head) (*auditchain.Fault, error) {
	var n int64
	err := db.Model(&models.AuditMember{}).Where("block NOT BETWEEN 1 AND ?", head.Number).Limit(1).Count(&n).Error
	if err != nil || n == 0 {
		return nil, err
	}
	return &auditchain.Fault{Block: head.Number + 1, Defect: auditchain.BlockMissing}, nil
}

// Keys are the public keys that this server vouches for, by their ids.
func (s *Service) Keys() map[string]ed25519.PublicKey {
	keys := map[string]ed25519.PublicKey{}
	for _, k := range s.publicKeys() {
		keys[auth.KeyID(k)] = k
	}
	return keys
}

func (s *Service) publicKeys() []ed25519.PublicKey {
	keys := s.Trusted
	if s.Key != nil {
		keys = append([]ed25519.PublicKey{s.Key.Public().(ed25519.PublicKey)}, keys...)
	}
	return keys
}

// Export writes an extract of the whole chain. Entries of anonymous writes are given
// by their digest alone, and so is, of a unit's extract, what concerns another part
// of the organisation. It is for operators: it does not ask who may see what.
func (s *Service) Export(ctx context.Context, w io.Writer, unitRef string) (auditchain.Head, error) {
	var head auditchain.Head
	out, err := auditchain.NewWriter(w, s.Store.Now(), unitRef, s.publicKeys()...)
	if err != nil {
		return head, err
	}
	err = s.Store.InReadTx(ctx, func(db *gorm.DB) error {
		within, err := below(db, unitRef)
		if err != nil {
			return err
		}
		return walk(db, func(b *auditchain.Block, items []auditchain.Item, units []*models.ID) error {
			for i := range items {
				e := items[i].Entry
				if e != nil && (e.Anonymous() || unitRef != "" && (units[i] == nil || !within[*units[i]])) {
					items[i].Entry, items[i].EntryID = nil, ""
				}
			}
			head = b.Head()
			return out.Block(b, items)
		})
	})
	if err != nil {
		return head, err
	}
	return head, out.Close()
}

// below are the units at and below one, by its external id; none of an empty one.
func below(db *gorm.DB, ref string) (map[models.ID]bool, error) {
	if ref == "" {
		return nil, nil
	}
	var ids []models.ID
	err := db.Raw("SELECT descendant_id FROM org_unit_closures JOIN org_units ON org_units.id = ancestor_id WHERE ref = ?", ref).Scan(&ids).Error
	if err == nil && len(ids) == 0 {
		return nil, models.NotFound("OrgUnit")
	}
	within := make(map[models.ID]bool, len(ids))
	for _, id := range ids {
		within[id] = true
	}
	return within, err
}

// pageBlocks and pageEntries bound what is read at once.
const (
	pageBlocks  = 500
	pageEntries = 2 * maxBlock
)

// walk hands over every block in the order of their numbers, each with its entries
// and the units that they concern.
func walk(db *gorm.DB, take func(b *auditchain.Block, items []auditchain.Item, units []*models.ID) error) error {
	for next := 1; ; {
		var rows []*models.AuditBlock
		if err := db.Where("number >= ?", next).Order("number").Limit(pageBlocks).Find(&rows).Error; err != nil {
			return err
		}
		if len(rows) == 0 {
			return nil
		}
		n, entries := 0, 0
		for n < len(rows) && (n == 0 || entries+rows[n].Count <= pageEntries) {
			entries += rows[n].Count
			n++
		}
		if err := walkPage(db, rows[:n], take); err != nil {
			return err
		}
		next = rows[n-1].Number + 1
	}
}

func walkPage(db *gorm.DB, rows []*models.AuditBlock, take func(b *auditchain.Block, items []auditchain.Item, units []*models.ID) error) error {
	members, err := membersOf(db, rows[0].Number, rows[len(rows)-1].Number)
	if err != nil {
		return err
	}
	for _, row := range rows {
		b := blockOf(row)
		var items []auditchain.Item
		var of []*models.ID
		for len(members) > 0 && members[0].Block <= row.Number {
			if members[0].Block == row.Number {
				items, of = append(items, members[0].item()), append(of, members[0].UnitID)
			}
			members = members[1:]
		}
		if err := take(&b, items, of); err != nil {
			return err
		}
	}
	return nil
}

// blockOf is a block as it is stored. A hash of another length than a digest's is
// one that fits nothing.
func blockOf(row *models.AuditBlock) auditchain.Block {
	b := auditchain.Block{
		Number: row.Number, ClosedAt: row.ClosedAt, Count: row.Count, Anonymous: row.Anonymous,
		KeyID: row.KeyID, Signature: row.Signature,
	}
	copy(b.Previous[:], row.PreviousHash)
	copy(b.Hash[:], row.Hash)
	return b
}

// member is an entry as it was chained, beside the entry as it is now.
type member struct {
	Block, Position int
	EntryID         models.ID
	Leaf            models.Hash
	UnitID          *models.ID
	Found           *models.ID
	At              *time.Time
	Actor           *string
	Action          *string
	Noun            *string
	NounID          *models.ID
	Details         *string
	unread          bool
}

const memberColumns = `SELECT m.block, m.position, m.entry_id, m.leaf, m.unit_id,
	e.id AS found, e.at, e.actor, e.action, e.noun, e.noun_id, e.details
	FROM audit_members AS m LEFT JOIN audit_entries AS e ON e.id = m.entry_id WHERE `

// membersOf reads the entries of blocks, by block and position. Where one cannot be
// read, since somebody wrote into its row what no program writes, they are read one
// by one to find it.
func membersOf(db *gorm.DB, from, to int) ([]*member, error) {
	var rows []*member
	err := db.Raw(memberColumns+"m.block BETWEEN ? AND ? ORDER BY m.block, m.position", from, to).Scan(&rows).Error
	if err == nil || db.Statement.Context.Err() != nil {
		return rows, err
	}
	var bare []*member
	if err := db.Raw("SELECT block, position, entry_id, leaf, unit_id FROM audit_members WHERE block BETWEEN ? AND ? ORDER BY block, position",
		from, to).Scan(&bare).Error; err != nil {
		return nil, err
	}
	for _, m := range bare {
		var one member
		if err := db.Raw(memberColumns+"m.entry_id = ?", m.EntryID).Scan(&one).Error; err != nil {
			m.unread = true
			continue
		}
		*m = one
	}
	return bare, nil
}

// item is the member as the verifier takes it.
func (m *member) item() auditchain.Item {
	item := auditchain.Item{Position: m.Position, EntryID: m.EntryID.String()}
	copy(item.Leaf[:], m.Leaf)
	switch {
	case m.unread:
		item.Lost = auditchain.EntryUnread
		return item
	case m.Found == nil:
		item.Lost = auditchain.EntryMissing
		return item
	case m.At == nil || m.Actor == nil || m.Action == nil || m.Noun == nil || m.Details == nil:
		item.Lost = auditchain.EntryUnread
		return item
	}
	e := &models.AuditEntry{ID: *m.Found, At: *m.At, Actor: *m.Actor, Action: *m.Action, Noun: *m.Noun, NounID: m.NounID}
	if err := json.Unmarshal([]byte(*m.Details), &e.Details); err != nil {
		item.Lost = auditchain.EntryUnread
		return item
	}
	item.Entry = e
	return item
}
