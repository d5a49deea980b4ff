package resolvers_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestADeedsConfirmationIsDoubtedAndChecked(t *testing.T) {
	each(t, func(o *office) {
		record := func() (id, receipt string) {
			a := o.ok("bob", `mutation { recordDeed(input: {kind: HOME_VISIT, doneAt: "2025-03-03T09:00:00Z", title: "a visit"}) { receipt deed { id } `+userErrors+`} }`)
			return a.text("recordDeed.deed.id"), a.text("recordDeed.receipt")
		}
		say := `mutation($r: String!) { confirmDeed(input: {receipt: $r, done: true}) { deed { id confirmed } ` + userErrors + `} }`
		quiet, code := record()
		o.ok("", say, "r", code)
		record() // nobody confirms this one
		odd, code := record()
		o.refuses("bob", "FORBIDDEN", "", say, "r", code)
		// A colleague's word is taken, and noted; who gives it does not learn so.
		o.refuses("ann", "FORBIDDEN", "", strings.Replace(say, "confirmed", "doubts", 1), "r", code)
		o.ok("ann", say, "r", code)
		list := o.ok("hr-north", `{ deedsToCheck { id doubts } }`)
		list.wants("deedsToCheck.0.id", odd)
		list.wants("deedsToCheck.0.doubts.0", "A_COLLEAGUE")
		list.wants("deedsToCheck.1.id", quiet)
		check := `mutation($id: ID!, $stands: Boolean!, $note: String!) { checkDeed(input: {deedId: $id, stands: $stands, note: $note}) { deed { confirmed checked } ` + userErrors + `} }`
		o.refuses("hr-south", "NOT_FOUND", "deedId", check, "id", odd, "stands", false, "note", "not mine")
		o.refuses("hr-north", "INVALID", "note", check, "id", odd, "stands", false, "note", " ")
		o.ok("hr-north", check, "id", odd, "stands", false, "note", "she knows of no visit").wants("checkDeed.deed.confirmed", "NO")
		o.refuses("hr-north", "CONFLICT", "deedId", check, "id", odd, "stands", true, "note", "or does she")
		o.ok("hr-north", check, "id", quiet, "stands", true, "note", "by telephone").wants("checkDeed.deed.checked", "YES")
		open := `{ official(id: {bob}) { unconfirmedDeeds { title } } }`
		for subject, want := range map[string]int{"bob": 1, "hr-north": 1} {
			if n := len(o.ok(subject, open).list("official.unconfirmedDeeds")); n != want {
				o.Errorf("%s sees %d unconfirmed deeds, want %d", subject, n, want)
			}
		}
		o.refuses("reply-north", "FORBIDDEN", "", open)
	})
}

// TestManyConfirmationsFromOneNetworkAreDoubted: of one official within a day, from the
// third on; and nothing that is kept tells the network.
func TestManyConfirmationsFromOneNetworkAreDoubted(t *testing.T) {
	each(t, func(o *office) {
		confirm := func(official, network string) (id string) {
			o.Helper()
			a := o.ok(official, `mutation { recordDeed(input: {kind: HOME_VISIT, doneAt: "2025-03-03T09:00:00Z", title: "a visit"}) { receipt deed { id } `+userErrors+`} }`)
			o.from("", network, `mutation($r: String!) { confirmDeed(input: {receipt: $r, done: true}) { deed { id } `+userErrors+`} }`, "r", a.text("recordDeed.receipt"))
			return a.text("recordDeed.deed.id")
		}
		doubted := map[string]bool{}
		for i := range 4 {
			doubted[confirm("bob", "192.0.2.7")] = i >= 2
		}
		doubted[confirm("bob", "192.0.2.8")] = false
		doubted[confirm("bob", "")] = false
		doubted[confirm("ann", "192.0.2.7")] = false
		o.later(1)
		doubted[confirm("bob", "192.0.2.7")] = false
		n := 0
		for _, d := range o.ok("hr-north", `{ deedsToCheck { id doubts } }`).list("deedsToCheck") {
			row := d.(map[string]any)
			n++
			if got := slices.Contains(row["doubts"].([]any), any("ONE_NETWORK")); got != doubted[row["id"].(string)] {
				o.Errorf("doubts %v, want ONE_NETWORK %v", row["doubts"], !got)
			}
		}
		if n != len(doubted) {
			o.Errorf("%d deeds, want %d", n, len(doubted))
		}
		for _, table := range []string{"deeds", "audit_entries", "counter_uses"} {
			var rows []map[string]any
			if err := o.store.Read(o.Context()).Table(table).Find(&rows).Error; err != nil {
				o.Fatal(err)
			}
			if text := fmt.Sprint(rows); strings.Contains(text, "192.0.2") {
				o.Errorf("%s tells a network: %s", table, text)
			}
		}
	})
}

func TestAchievementsAreRecordedWithTheirSource(t *testing.T) {
	each(t, func(o *office) {
		record := func(official, title, source, at string) string {
			return `mutation { recordAchievement(input: {officialId: {` + official + `}, kind: AWARD, at: "` + at + `", title: "` + title + `", source: "` + source + `", idempotencyKey: "` + strings.TrimSuffix(title, `\u0007`) + `"}) {
				achievement { id title source } ` + userErrors + `} }`
		}
		const past = "2025-03-01T00:00:00Z"
		for _, c := range [][2]string{
			{"source", record("bob", "t", " ", past)},
			{"source", record("bob", "t", strings.Repeat("源", 201), past)},
			{"title", record("bob", "", "s", past)},
			{"title", record("bob", `a\u0007`, "s", past)},
			{"at", record("bob", "t", "s", "2026-01-01T00:00:00Z")},
		} {
			o.refuses("hr-north", "INVALID", c[0], c[1])
		}
		o.refuses("hr-south", "NOT_FOUND", "officialId", record("bob", "t", "s", past))
		if n := o.count("achievements"); n != 0 {
			o.Errorf("%d achievements of nothing", n)
		}
		first := o.ok("hr-north", record("bob", "先进个人 🏅", "文件 12 号", past)).text("recordAchievement.achievement.id")
		o.ok("hr-north", record("bob", "先进个人 🏅", "文件 12 号", past)).wants("recordAchievement.achievement.id", first)
		list := `{ official(id: {bob}) { achievements { title source } } }`
		o.ok("bob", list).wants("official.achievements.0.source", "文件 12 号")
		o.ok("hr-north", list).wants("official.achievements.0.title", "先进个人 🏅")
	})
}
