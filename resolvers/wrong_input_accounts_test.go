package resolvers_test

import (
	"strings"

	"steelyard/models"
	"steelyard/services/accounts"
)

// accountTrials are an administrator's of the north, who is not the one of the root.
var accountTrials = []prepared{
	{"grantAccount", func(o *office) trial {
		o.grant(accounts.Grant{Subject: "admin-north", Role: models.RoleAdmin, UnitRef: "north"})
		return trial{subject: "admin-north", without: []string{"operations"}, input: in{
			"subject": "li.wei", "name": wordy, "role": "OFFICIAL", "unitId": o.ids["north-desk"], "officialId": o.ids["bob"],
			"reason": wordy, "idempotencyKey": wordy,
		}, exact: []string{"subject"}, limits: map[string]int{"subject": 200}, wrong: map[string][]any{
			"subject": {"hr-south", "li\nwei", "li\u200bwei", strings.Repeat("长", 67)},
		}}
	}},
	{"grantAccount", func(o *office) trial {
		return trial{subject: "admin-north", without: []string{"officialId"}, input: in{
			"subject": "hall", "name": wordy, "role": "HR", "unitId": o.ids["north-desk"], "operations": []any{"recordEncounter"},
			"reason": wordy, "idempotencyKey": wordy + " of a machine",
		}, exact: []string{"subject", "operations"}, limits: map[string]int{"subject": 200, "operations.0": 50}, wrong: map[string][]any{
			"role": {"ADMIN"}, "operations.0": {"", "recordDeed", "__schema", "Case", "汉字"}, "subject": {"admin-north", "admin"},
		}, named: map[string]string{"operations.0": "operations", "role": "operations"}}
	}},
	{"revokeToken", accountTrial(in{"tokenId": "one token"})},
	{"revokeTokens", accountTrial(in{})},
	{"disableAccount", accountTrial(in{})},
	{"enableAccount", accountTrial(in{})},
}

// accountTrial is a trial of a step on the official's account of the first trial.
func accountTrial(more in) func(o *office) trial {
	return func(o *office) trial {
		input := in{"accountId": o.accountID("li.wei"), "reason": wordy, "idempotencyKey": wordy}
		for field, value := range more {
			input[field] = value
		}
		return trial{
			subject: "admin-north", input: input, exact: []string{"tokenId"}, limits: map[string]int{"tokenId": 200},
			wrong: map[string][]any{"accountId": {o.accountID("admin"), o.accountID("admin-north")}},
		}
	}
}

// accountID is the id of a subject's account.
func (o *office) accountID(subject string) string {
	o.Helper()
	var account models.Account
	if err := o.store.Read(o.Context()).Take(&account, "subject = ?", subject).Error; err != nil {
		o.Fatalf("%s: %v", subject, err)
	}
	return account.ID.String()
}
