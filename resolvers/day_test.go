package resolvers_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"steelyard/models"
)

const (
	recordDay = `mutation($rows: [EncounterRowInput!], $csv: String, $file: String, $key: String) {
		recordEncounters(input: {rows: $rows, csv: $csv, csvFile: $file, idempotencyKey: $key, issuedFrom: "desk 3"}) {
			lines { line encounter { id ref official { ref } service { ref } } invitation { id token url expiresAt } userErrors { field code message } }` + userErrors + `} }`
	revoke = `mutation($id: ID!, $reason: String!, $key: String) { revokeInvitation(input: {invitationId: $id, reason: $reason, idempotencyKey: $key}) { invitationId` + userErrors + `} }`
)

// TestADayIsRecordedWithALinkForEach, from a file in either encoding or from rows, and
// a repeat with the same key gives the same.
func TestADayIsRecordedWithALinkForEach(t *testing.T) {
	each(t, func(o *office) {
		const file = "service_id,channel,resident_ref,occurred_at,id\r\npassport,WINDOW,王五,2025-03-04T09:00:00+08:00,窗-1\r\n\r\nhousing,PHONE,,,\r\n"
		first := o.ok("ann", recordDay, "csv", file, "key", "k1")
		first.wants("recordEncounters.lines.0.line", 2)
		first.wants("recordEncounters.lines.0.encounter.ref", "窗-1")
		first.wants("recordEncounters.lines.0.encounter.official.ref", "ann")
		first.wants("recordEncounters.lines.1.line", 4)
		first.wants("recordEncounters.lines.1.encounter.service.ref", "housing")
		for range 2 {
			if again := o.ok("ann", recordDay, "csv", file, "key", "k1"); fmt.Sprint(again.data) != fmt.Sprint(first.data) {
				o.Errorf("again %v, first %v", again.data, first.data)
			}
		}
		if o.count("encounters") != 2 || o.count("rating_invitations") != 2 {
			o.Errorf("%d encounters, %d invitations", o.count("encounters"), o.count("rating_invitations"))
		}
		o.refuses("ann", "CONFLICT", "idempotencyKey", recordDay, "csv", file+"housing,MAIL,,,\n", "key", "k1")
		o.refuses("ann", "CONFLICT", "rows.0.id", recordDay, "csv", file)
		for _, l := range first.list("recordEncounters.lines") {
			token := l.(map[string]any)["invitation"].(map[string]any)["token"]
			o.ok("", submit, "token", token, "level", 5)
			o.refuses("", "GONE", "token", submit, "token", token, "level", 5)
		}
		// HR names the officials; the file comes as bytes.
		const theirs = "official_id,service_id,channel,id\nbob,passport,WINDOW,窗-%d\nann,housing,PHONE,\n"
		gb, err := simplifiedchinese.GB18030.NewEncoder().String(fmt.Sprintf(theirs, 2))
		if err != nil {
			o.Fatal(err)
		}
		for i, raw := range []string{gb, "\xEF\xBB\xBF" + fmt.Sprintf(theirs, 3)} {
			a := o.ok("hr-north", recordDay, "file", base64.StdEncoding.EncodeToString([]byte(raw)))
			a.wants("recordEncounters.lines.0.encounter.ref", fmt.Sprint("窗-", i+2))
			a.wants("recordEncounters.lines.0.encounter.official.ref", "bob")
		}
		rows := o.ok("ann", recordDay, "rows", []map[string]any{{"serviceRef": "passport", "channel": "WINDOW", "occurredAt": "2025-03-03T09:00:00Z"}})
		rows.wants("recordEncounters.lines.0.line", 1)
	})
}

// TestAWrongLineKeepsTheWholeDayOut, and each wrong line says why.
func TestAWrongLineKeepsTheWholeDayOut(t *testing.T) {
	each(t, func(o *office) {
		a := o.ask("ann", recordDay, "csv", "service_id,channel,official_id,occurred_at,id,resident_ref\n"+
			"passport,WINDOW,,,a,\n"+ // right
			"nothing,WINDOW,,,,\n"+
			"passport,TELEPATHY,,,,\n"+
			"passport,WINDOW,cat,,,\n"+ // a neighbour's
			"passport,WINDOW,,yesterday,,\n"+
			"passport,WINDOW,,2030-01-01T00:00:00Z,,\n"+
			"passport,WINDOW,,,a,\n"+
			",WINDOW,,,,\n"+
			"passport,WINDOW,,,,"+strings.Repeat("😀", 300)+"\n")
		for i, want := range []string{
			"", "NOT_FOUND service_id", "INVALID channel", "NOT_FOUND official_id", "INVALID occurred_at", "INVALID occurred_at", "INVALID id",
			"INVALID service_id", "INVALID resident_ref",
		} {
			got := ""
			if list := a.list(fmt.Sprintf("recordEncounters.lines.%d.userErrors", i)); len(list) > 0 {
				first := list[0].(map[string]any)
				got = fmt.Sprint(first["code"], " ", first["field"])
				if first["message"] == "" {
					o.Error("an error without a sentence")
				}
			}
			if got != want {
				o.Errorf("line %d: %q, want %q", i, got, want)
			}
			a.wants(fmt.Sprintf("recordEncounters.lines.%d.invitation", i), nil)
		}
		if n := len(a.list("recordEncounters.userErrors")); n != 8 {
			o.Errorf("%d errors of the whole", n)
		}
		many := "service_id,channel\n" + strings.Repeat("passport,WINDOW\n", 1001)
		for _, bad := range []struct {
			field string
			vars  []any
		}{
			{"rows", nil},
			{"csv", []any{"csv", "service_id,channel\n"}},
			{"rows", []any{"csv", many, "file", "eA=="}},
			{"rows", []any{"rows", []map[string]any{}}},
			{"csv", []any{"csv", ""}},
			{"csv", []any{"csv", "service_id\npassport\n"}},
			{"csv", []any{"csv", "service_id,channel,mood\npassport,WINDOW,good\n"}},
			{"csv", []any{"csv", "service_id,channel\n\"passport,WINDOW\n"}},
			{"csv", []any{"csv", "service_id,channel\npassport,WINDOW,more\n"}},
			{"csv", []any{"csv", many}},
			{"csvFile", []any{"file", "not base64!"}},
			{"csvFile", []any{"file", base64.StdEncoding.EncodeToString([]byte{0xff, 0xfe, 0x80})}},
		} {
			o.refuses("ann", "INVALID", bad.field, recordDay, bad.vars...)
		}
		if o.count("encounters") != 0 || o.count("rating_invitations") != 0 || o.count("idempotency_keys") != 0 {
			o.Error("something of a refused list is stored")
		}
	})
}

// TestAThousandLinesAreOneTransaction, and links are made for all of them.
func TestAThousandLinesAreOneTransaction(t *testing.T) {
	each(t, func(o *office) {
		csv := "service_id,channel,resident_ref\n"
		for i := range 1000 {
			csv += fmt.Sprintf("passport,WINDOW,R%d\n", i)
		}
		if n := len(o.ok("ann", recordDay, "csv", csv, "key", "k").list("recordEncounters.lines")); n != 1000 {
			o.Errorf("%d lines", n)
		}
		o.ok("ann", recordDay, "csv", csv, "key", "k")
		if o.count("encounters") != 1000 || o.count("rating_invitations") != 1000 {
			o.Errorf("%d encounters, %d invitations", o.count("encounters"), o.count("rating_invitations"))
		}
	})
}

// TestALinkIsRevokedForAReason by whoever may issue it, and nobody learns from it
// whether it has been used.
func TestALinkIsRevokedForAReason(t *testing.T) {
	each(t, func(o *office) {
		day := o.ok("ann", recordDay, "csv", "service_id,channel\npassport,WINDOW\npassport,WINDOW\npassport,WINDOW\n")
		link := func(i int) (id, token string) {
			at := fmt.Sprintf("recordEncounters.lines.%d.invitation.", i)
			return day.text(at + "id"), day.text(at + "token")
		}
		id, token := link(0)
		for _, other := range []string{"bob", "cat", "hr-south"} {
			o.refuses(other, "NOT_FOUND", "invitationId", revoke, "id", id, "reason", "why")
		}
		o.refuses("ann", "NOT_FOUND", "invitationId", revoke, "id", models.NewID().String(), "reason", "why")
		o.refuses("ann", "INVALID", "reason", revoke, "id", id, "reason", " ")
		o.refuses("ann", "INVALID", "reason", revoke, "id", id, "reason", "a\u0000b")
		for range 2 {
			o.ok("ann", revoke, "id", id, "reason", "printed twice", "key", "k1").wants("revokeInvitation.invitationId", id)
		}
		o.refuses("ann", "ILLEGAL_STATE", "invitationId", revoke, "id", id, "reason", "again")
		o.refuses("", "GONE", "token", submit, "token", token, "level", 5)
		// One that is used, and waits for its release, is revoked as any other.
		used, token := link(1)
		receipt := o.ok("", submit, "token", token, "level", 5).text("submitRating.receipt")
		o.ok("hr-north", revoke, "id", used, "reason", "why").wants("revokeInvitation.invitationId", used)
		o.later(1)
		o.release(1)
		o.ok("", `query($r: String!) { ratingByReceipt(receipt: $r) { level } }`, "r", receipt).wants("ratingByReceipt.level", 5)
		if s := o.states(); s[models.InvitationRevoked] != 2 || s[models.InvitationIssued] != 1 {
			o.Errorf("invitations %v", s)
		}
		o.later(30)
		late, _ := link(2)
		o.refuses("ann", "ILLEGAL_STATE", "invitationId", revoke, "id", late, "reason", "why")
	})
}
