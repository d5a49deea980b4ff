package cases

import (
	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
)

// scope bounds a query on cases.
type scope = func(db *gorm.DB) *gorm.DB

// readers are the roles that see the cases of their scope, workers those that
// may do a step on them.
var (
	readers = []models.Role{models.RoleOfficial, models.RoleReplyOfficer, models.RoleHR, models.RoleAuditor}
	workers = []models.Role{models.RoleOfficial, models.RoleHR}
)

const below = "(SELECT descendant_id FROM org_unit_closures WHERE ancestor_id = ?)"

// owned keeps the cases that a unit within the actor's scope owns, and those in
// the actor's own hands.
func owned(actor auth.Actor) scope {
	return func(db *gorm.DB) *gorm.DB {
		return db.Where("(cases.unit_id IN "+below+" OR cases.official_id = ?)", actor.UnitID, ownHands(actor))
	}
}

// visible keeps what the actor may read: what is owned, and what is offered to a
// unit within the scope.
func visible(actor auth.Actor) scope {
	if !actor.Is(readers...) {
		return func(db *gorm.DB) *gorm.DB { return db.Where("1 = 0") }
	}
	return func(db *gorm.DB) *gorm.DB {
		return db.Where("(cases.unit_id IN "+below+" OR cases.official_id = ? OR cases.id IN (SELECT case_id FROM "+
			"case_transfers WHERE state = ? AND to_unit_id IN "+below+"))",
			actor.UnitID, ownHands(actor), models.TransferOffered, actor.UnitID)
	}
}

// offered keeps the cases that were ever offered to a unit within the actor's
// scope, so that a late answer learns what has become of the offer.
func offered(actor auth.Actor) scope {
	return func(db *gorm.DB) *gorm.DB {
		return db.Where("cases.id IN (SELECT case_id FROM case_transfers WHERE to_unit_id IN "+below+")", actor.UnitID)
	}
}

// nowOffered keeps the cases that wait for an answer of a unit within the actor's
// scope.
func nowOffered(actor auth.Actor) scope {
	return func(db *gorm.DB) *gorm.DB {
		return db.Where("cases.id IN (SELECT case_id FROM case_transfers WHERE state = ? AND to_unit_id IN "+below+")",
			models.TransferOffered, actor.UnitID)
	}
}

// everywhere is the scope of whoever holds a receipt.
func everywhere(db *gorm.DB) *gorm.DB { return db }

// ownHands is the official that an official's account is. An HR officer who is
// an official as well reads by scope alone.
func ownHands(actor auth.Actor) *models.ID {
	if actor.Is(models.RoleOfficial) {
		return actor.OfficialID
	}
	return nil
}
