package accounts_test

import (
	"context"
	"os"
	"sync/atomic"
	"testing"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
	"steelyard/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

// TestAnAccountIsReadOnceAndEveryChangeHoldsAtOnce: who asks again costs one look at whether
// anything has changed; whatever does, whoever changes it, the next request knows.
func TestAnAccountIsReadOnceAndEveryChangeHoldsAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		top, desk, position := models.NewID(), models.NewID(), models.NewID()
		official := models.Official{ID: models.NewID(), Ref: "ann", UnitID: desk, PositionID: position, Name: "Ann"}
		account := models.Account{ID: models.NewID(), Subject: "ann", Kind: models.AccountPerson, Role: models.RoleOfficial, OfficialID: &official.ID, Operations: []string{}}
		changed := false // since somebody asked
		change := func(fn func(tx *store.Tx) error) {
			t.Helper()
			changed = true
			if err := storetest.Owner(t, s).InTx(t.Context(), fn); err != nil {
				t.Fatal(err)
			}
		}
		change(func(tx *store.Tx) error {
			for _, row := range []any{
				&models.OrgUnit{ID: top, Ref: "top", Name: "Top"}, &models.OrgUnit{ID: desk, Ref: "desk", Name: "Desk", ParentID: &top},
				&models.Position{ID: position, Name: "clerk"}, &official, &account,
			} {
				if err := tx.Create(row).Error; err != nil {
					return err
				}
			}
			return store.RebuildClosure(tx)
		})
		service := &accounts.Service{Store: s}
		viewer := auth.Viewer{Subject: "ann", TokenID: "t1", Role: models.RoleOfficial}
		n := statements(t, s)
		who := func(wantUnit *models.ID, wantRefused bool) {
			t.Helper()
			for range 2 {
				n.Store(0)
				actor, err := service.Actor(t.Context(), viewer)
				if refused := models.CodeOf(err) == models.CodeUnauthenticated; refused != wantRefused {
					t.Errorf("refused: %v (%v), want %v", refused, err, wantRefused)
				}
				if !wantRefused && (actor.UnitID == nil || *actor.UnitID != *wantUnit) {
					t.Errorf("works in %v, not %v", actor.UnitID, wantUnit)
				}
				if got := n.Load(); changed != (got == 2) || !changed != (got == 1) {
					t.Errorf("%d statements (changed since: %v)", got, changed)
				}
				changed = false
			}
		}
		exec := func(statement string, args ...any) {
			t.Helper()
			change(func(tx *store.Tx) error { return tx.Exec(statement, args...).Error })
		}
		who(&desk, false)
		exec("UPDATE officials SET unit_id = ?", top)
		who(&top, false)
		exec("UPDATE accounts SET unit_id = ?", desk)
		who(&desk, false)
		exec("UPDATE accounts SET disabled = ?", true)
		who(nil, true)
		exec("UPDATE accounts SET disabled = ?", false)
		who(&desk, false)
		exec("UPDATE accounts SET token_epoch = 7")
		who(nil, true)
		viewer.Epoch = 7
		who(&desk, false)
		change(func(tx *store.Tx) error {
			return tx.Create(&models.AccountToken{AccountID: account.ID, TokenID: "t1", IssuedAt: &tx.Now, ExpiresAt: &tx.Now}).Error
		})
		who(&desk, false)
		exec("UPDATE account_tokens SET revoked_at = issued_at")
		who(nil, true)
		exec("DELETE FROM account_tokens")
		who(&desk, false)
		exec("UPDATE accounts SET role = ?", models.RoleResident)
		who(nil, true)
		viewer.Role, viewer.Unit = models.RoleResident, "desk"
		exec("UPDATE accounts SET unit_id = ?", top)
		who(&desk, false)
		exec("UPDATE org_units SET ref = 'counter' WHERE id = ?", desk)
		if actor, err := service.Actor(t.Context(), viewer); err != nil || actor.UnitID != nil {
			t.Errorf("a unit that is no more is %v (%v)", actor.UnitID, err)
		}
		exec("DELETE FROM accounts")
		if _, err := service.Actor(t.Context(), viewer); models.CodeOf(err) != models.CodeUnauthenticated {
			t.Errorf("without an account: %v", err)
		}
	})
}

// statements counts what is asked of the database from now on.
func statements(t *testing.T, s *store.Store) *atomic.Int64 {
	t.Helper()
	var n atomic.Int64
	if err := s.Read(context.Background()).Callback().Query().After("gorm:query").Register("count:query", func(*gorm.DB) { n.Add(1) }); err != nil {
		t.Fatal(err)
	}
	return &n
}
