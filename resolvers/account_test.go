package resolvers_test

import (
	"testing"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/accounts"
)

// TestACadreWorksInTheOwnUnit: without a scope of their own it is the unit that
// the official belongs to at the time.
func TestACadreWorksInTheOwnUnit(t *testing.T) {
	each(t, func(o *office) {
		o.grant(accounts.Grant{Subject: "eve", Role: models.RoleOfficial, OfficialRef: "ann"})
		id, _ := o.handIn("north-desk")
		other, _ := o.handIn("south")
		o.step("eve", "acceptCase", id, ``, "ACCEPTED")
		o.refusesStep("eve", "NOT_FOUND", "caseId", "acceptCase", other, ``)
		o.change("UPDATE officials SET unit_id = ? WHERE ref = 'ann'", o.id("south"))
		o.step("eve", "acceptCase", other, ``, "ACCEPTED")
		o.refusesStep("eve", "NOT_FOUND", "caseId", "assignCase", id, ``)
	})
}

// TestATokenGivesNoMoreThanTheAccount compares every role of a token with every
// role of an account.
func TestATokenGivesNoMoreThanTheAccount(t *testing.T) {
	each(t, func(o *office) {
		o.grant(accounts.Grant{Subject: "cadre in hr", Role: models.RoleHR, UnitRef: "north", OfficialRef: "bob"})
		for _, account := range []struct {
			subject string
			may     []models.Role
		}{
			{"hr-north", []models.Role{models.RoleHR, models.RoleResident}},
			{"cadre in hr", []models.Role{models.RoleHR, models.RoleOfficial, models.RoleResident}},
			{"auditor", []models.Role{models.RoleAuditor, models.RoleResident}},
			{"admin", []models.Role{models.RoleAdmin, models.RoleResident}},
			{"ann", []models.Role{models.RoleOfficial, models.RoleResident}},
			{"resident", []models.Role{models.RoleResident}},
		} {
			for _, role := range models.Roles {
				actor, err := o.app.Accounts.Actor(o.Context(), auth.Viewer{Subject: account.subject, Role: role})
				may := false
				for _, r := range account.may {
					may = may || r == role
				}
				if may != (err == nil) || may && actor.Role != role || !may && models.CodeOf(err) != models.CodeUnauthenticated {
					o.Errorf("%s with a token of %s: %+v, %v", account.subject, role, actor, err)
				}
			}
		}
	})
}

// TestATokenNarrowsTheScope: a unit that the token names is the scope where it
// lies within the account's; another leaves no scope at all.
func TestATokenNarrowsTheScope(t *testing.T) {
	each(t, func(o *office) {
		for unit, want := range map[string]string{"": "north", "north": "north", "north-desk": "north-desk", "root": "", "south": "", "nowhere": ""} {
			actor, err := o.app.Accounts.Actor(o.Context(), auth.Viewer{Subject: "hr-north", Role: models.RoleHR, Unit: unit})
			if err != nil {
				o.Fatal(err)
			}
			switch {
			case want == "" && actor.UnitID != nil, want != "" && (actor.UnitID == nil || *actor.UnitID != o.id(want)):
				o.Errorf("a token for %q has scope %v, want %q", unit, actor.UnitID, want)
			}
		}
	})
}

// TestAnOldTokenIsRefused: a change of the account makes every earlier token
// worthless, and a disabled account is no account.
func TestAnOldTokenIsRefused(t *testing.T) {
	each(t, func(o *office) {
		try := func(epoch int64) error {
			_, err := o.app.Accounts.Actor(o.Context(), auth.Viewer{Subject: "hr-north", Role: models.RoleHR, Epoch: epoch})
			return err
		}
		if err := try(0); err != nil {
			o.Error(err)
		}
		o.grant(accounts.Grant{Subject: "hr-north", Role: models.RoleHR, UnitRef: "north"}) // nothing changes
		if err := try(0); err != nil {
			o.Error(err)
		}
		o.grant(accounts.Grant{Subject: "hr-north", Role: models.RoleHR, UnitRef: "south"})
		if err := try(0); models.CodeOf(err) != models.CodeUnauthenticated {
			o.Errorf("an old token: %v", err)
		}
		if err := try(1); err != nil {
			o.Error(err)
		}
		o.change("UPDATE accounts SET disabled = ? WHERE subject = 'hr-north'", true)
		if err := try(1); models.CodeOf(err) != models.CodeUnauthenticated {
			o.Errorf("a disabled account: %v", err)
		}
		_, err := o.app.Accounts.Ensure(o.Context(), accounts.Grant{Subject: "x", Role: "KING"})
		if models.CodeOf(err) != models.CodeInvalid {
			o.Errorf("an unknown role: %v", err)
		}
		_, err = o.app.Accounts.Ensure(o.Context(), accounts.Grant{Subject: "x", Role: models.RoleHR, UnitRef: "nowhere"})
		if models.CodeOf(err) != models.CodeNotFound {
			o.Errorf("an unknown unit: %v", err)
		}
	})
}
