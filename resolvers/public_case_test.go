package resolvers_test

import (
	"encoding/json"
	"strings"
	"testing"
)

const publicList = `query($from: Date!, $to: Date!, $open: Boolean, $after: String) {
	publicCases(filter: {from: $from, to: $to, open: $open}, first: 2, after: $after) {
		nodes { publicId category state unit { ref } openedOn dueOn closedOn changedOn } pageInfo { hasNextPage endCursor } } }`

func TestEverybodySeesThatThereIsACaseAndNoWordOfIt(t *testing.T) {
	each(t, func(o *office) {
		var ids []string
		for range 5 {
			id, receipt := o.handIn("north")
			ids = append(ids, o.ok("", `query($r: String!) { caseByReceipt(receipt: $r) { publicId } }`, "r", receipt).text("caseByReceipt.publicId"))
			if strings.Contains(ids[len(ids)-1], strings.ReplaceAll(id, "-", "")) {
				o.Error("the public id is the id")
			}
		}
		imported, _ := o.handIn("north")
		o.change("UPDATE cases SET receipt_hash = NULL WHERE id = ?", o.parse(imported))
		hidden := o.ok("hr-north", `query($id: ID!) { node(id: $id) { ... on Case { publicId } } }`, "id", imported).text("node.publicId")

		seen, after := map[string]bool{}, any(nil)
		for page := 0; ; page++ {
			a := o.ok("", publicList, "from", "2025-03-04", "to", "2025-06-02", "after", after)
			for _, n := range a.list("publicCases.nodes") {
				seen[n.(map[string]any)["publicId"].(string)] = true
			}
			if raw, err := json.Marshal(a.data); err != nil || strings.Contains(string(raw), "lamp is out") || strings.Contains(string(raw), "灯") {
				o.Errorf("everybody reads %s: %v", raw, err)
			}
			if a.get("publicCases.pageInfo.hasNextPage") != true {
				if page != 2 {
					o.Errorf("%d pages, want 3", page+1)
				}
				break
			}
			after = a.get("publicCases.pageInfo.endCursor")
		}
		for _, id := range ids {
			if !seen[id] {
				o.Errorf("%s is not listed", id)
			}
		}
		if len(seen) != 5 || seen[hidden] {
			o.Errorf("%d cases are listed, want 5, an imported one not", len(seen))
		}
		one := `query($id: String!) { publicCase(publicId: $id) { state unit { ref } openedOn dueOn changedOn closedOn } }`
		found := o.ok("", one, "id", ids[0])
		found.wants("publicCase.openedOn", "2025-03-04")
		found.wants("publicCase.dueOn", "2025-03-11")
		found.wants("publicCase.unit.ref", "north")
		for _, none := range []string{hidden, imported, strings.Repeat("0", 32), "", "zz"} {
			o.ok("", one, "id", none).wants("publicCase", nil)
		}
		if n := len(o.ok("", publicList, "from", "2025-03-04", "to", "2025-03-04", "open", false).list("publicCases.nodes")); n != 0 {
			o.Errorf("%d closed cases", n)
		}
		o.refuses("", "INVALID", "filter.from", publicList, "from", "2025-01-01", "to", "2025-06-02")
		o.refuses("", "INVALID", "filter.to", publicList, "from", "2025-03-04", "to", "2025-03-03")
		o.refuses("", "INVALID", "after", publicList, "from", "2025-03-04", "to", "2025-03-04", "after", "bm9uc2Vuc2U")
		o.ok("", `{ caseCategories }`).wants("caseCategories.0", "OTHER")
	})
}
