package audit

import (
	"fmt"

	"gorm.io/gorm"

	"steelyard/models"
)

// ofOfficial finds the unit of what concerns an official.
const ofOfficial = " AS n JOIN officials AS o ON o.id = n.official_id WHERE n.id IN ?"

// ofCycle finds the unit of what concerns a whole cycle.
const ofCycle = " AS n JOIN cycles AS c ON c.id = n.cycle_id WHERE n.id IN ?"

// units say by the noun of an entry which unit it concerns, so that an auditor reads
// of the own part of the organisation alone. Nouns that concern none are empty: their
// entries are read from the top.
var units = map[string]string{
	"Account":           "SELECT id, unit_id FROM accounts WHERE id IN ?",
	"Achievement":       "SELECT n.id, o.unit_id FROM achievements" + ofOfficial,
	"Area":              "SELECT id, unit_id FROM areas WHERE id IN ?",
	"Assessment":        "SELECT id, unit_id FROM assessments WHERE id IN ?",
	"AssessmentRun":     "SELECT n.id, c.unit_id FROM assessment_runs" + ofCycle,
	"AuditBlock":        "",
	"Case":              "SELECT id, unit_id FROM cases WHERE id IN ?",
	"CategoryRule":      "SELECT id, unit_id FROM category_rules WHERE id IN ?",
	"CounterCode":       "SELECT id, unit_id FROM counter_codes WHERE id IN ?",
	"Cycle":             "SELECT id, unit_id FROM cycles WHERE id IN ?",
	"CycleGrade":        "SELECT id, unit_id FROM cycle_grades WHERE id IN ?",
	"Deed":              "SELECT n.id, o.unit_id FROM deeds" + ofOfficial,
	"Encounter":         "SELECT n.id, o.unit_id FROM encounters" + ofOfficial,
	"EvidenceExclusion": "SELECT n.id, o.unit_id FROM evidence_exclusions" + ofOfficial,
	"Export":            "SELECT id, scope_id AS unit_id FROM exports WHERE id IN ?",
	"Holiday":           "SELECT id, unit_id FROM holidays WHERE id IN ?",
	"Import":            "",
	"IntegrityFlag":     "SELECT n.id, o.unit_id FROM integrity_flags" + ofOfficial,
	"KeyEpoch":          "",
	"Objection":         "SELECT n.id, o.unit_id FROM objections" + ofOfficial,
	"Official":          "SELECT id, unit_id FROM officials WHERE id IN ?",
	"OrgUnit":           "SELECT id, id AS unit_id FROM org_units WHERE id IN ?",
	"Policy":            "SELECT id, unit_id FROM policies WHERE id IN ?",
	"Posting":           "SELECT id, unit_id FROM postings WHERE id IN ?",
	"RatingForm":        "",
	"RatingInvitation":  "SELECT n.id, o.unit_id FROM rating_invitations AS n JOIN encounters AS e ON e.id = n.encounter_id JOIN officials AS o ON o.id = e.official_id WHERE n.id IN ?",
	"RatingReply":       "SELECT n.id, d.unit_id FROM rating_replies AS n JOIN reply_duties AS d ON d.rating_id = n.rating_id WHERE n.id IN ?",
	"ReportDefinition":  "SELECT id, unit_id FROM report_definitions WHERE id IN ?",
	"ReviewConflict":    "SELECT n.id, o.unit_id FROM review_conflicts" + ofOfficial,
	"ReviewRound":       "SELECT n.id, c.unit_id FROM review_rounds" + ofCycle,
	"ReviewTemplate":    "SELECT id, unit_id FROM review_templates WHERE id IN ?",
	"RoutingRule":       "SELECT id, unit_id FROM routing_rules WHERE id IN ?",
	"Seal":              "SELECT n.id, c.unit_id FROM seals" + ofCycle,
	"Service":           "",
	"Webhook":           "SELECT id, unit_id FROM webhooks WHERE id IN ?",
}

// unitsOf finds the units that entries concern, by entry. What was removed since, or
// concerns no unit, is missing.
func unitsOf(db *gorm.DB, entries []*models.AuditEntry) (map[models.ID]*models.ID, error) {
	byNoun := map[string][]models.ID{}
	for _, e := range entries {
		if e.NounID != nil && units[e.Noun] != "" {
			byNoun[e.Noun] = append(byNoun[e.Noun], *e.NounID)
		}
	}
	type place struct {
		noun string
		id   models.ID
	}
	known := map[place]*models.ID{}
	for noun, ids := range byNoun {
		var rows []struct {
			ID     models.ID
			UnitID *models.ID
		}
		if err := db.Raw(units[noun], ids).Scan(&rows).Error; err != nil {
			return nil, fmt.Errorf("the units of %s entries: %w", noun, err)
		}
		for _, r := range rows {
			known[place{noun, r.ID}] = r.UnitID
		}
	}
	found := make(map[models.ID]*models.ID, len(entries))
	for _, e := range entries {
		if e.NounID != nil {
			found[e.ID] = known[place{e.Noun, *e.NounID}]
		}
	}
	return found, nil
}
