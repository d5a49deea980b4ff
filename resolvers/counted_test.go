package resolvers_test

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"steelyard/models"
	"steelyard/scoring"
	"steelyard/tally"
)

var quarter = models.Period{From: models.NewDate(2025, 1, 1), To: models.NewDate(2025, 3, 31)}

const countedIn = `query($r: String!) { ratingByReceipt(receipt: $r) { level counted { cycleName ratings root salt content leaf path { hash left } } } }`

// saltOfReceipt is what an outsider makes of a receipt's code: the hash of its first 128 bits.
func saltOfReceipt(t *testing.T, code string) string {
	t.Helper()
	crockford := base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)
	raw, err := crockford.DecodeString(strings.ReplaceAll(code, "-", "")[:26])
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(raw[:16])
	return hex.EncodeToString(sum[:])
}

// climbs computes the root as the schema says, from an answer alone.
func climbs(t *testing.T, salt string, counted map[string]any) string {
	t.Helper()
	entry := sha256.Sum256([]byte("steelyard counted rating v1\n" + salt + "\n" + counted["content"].(string)))
	hash := sha256.Sum256(append([]byte{0}, entry[:]...))
	if leaf := hex.EncodeToString(hash[:]); leaf != counted["leaf"] {
		t.Errorf("the leaf is %s, the answer says %v", leaf, counted["leaf"])
	}
	for _, s := range counted["path"].([]any) {
		step := s.(map[string]any)
		other, err := hex.DecodeString(step["hash"].(string))
		if err != nil {
			t.Fatal(err)
		}
		left, right := hash[:], other
		if step["left"] == true {
			left, right = other, hash[:]
		}
		hash = sha256.Sum256(append(append([]byte{1}, left...), right...))
	}
	return hex.EncodeToString(hash[:])
}

// TestAReceiptProvesThatItsRatingCounts, to whoever holds it and nobody else.
func TestAReceiptProvesThatItsRatingCounts(t *testing.T) {
	each(t, func(o *office) {
		o.secondPersons()
		o.crowd("north", 12)
		levels := map[string][]int{"bob": repeat(4, 20)}
		for i := range 12 {
			levels[fmt.Sprint("c", i)] = repeat(3+i%3, 20)
		}
		o.evidence(levels)
		var receipts []string
		for i := range 6 {
			_, token := o.invite("ann", "passport", fmt.Sprint("R", i))
			receipts = append(receipts, o.ok("", submit, "token", token, "level", i%5+1).text("submitRating.receipt"))
		}
		o.ids["cycle"] = o.ok("hr-root", `mutation { openCycle(input: {unitId: {root}, kind: QUARTERLY, name: "first quarter",
			fromOn: "2025-01-01", toOn: "2025-03-31"}) { cycle { id } `+userErrors+`} }`).text("openCycle.cycle.id")
		o.at("2025-04-01T10:00:00+08:00")
		o.release(6)
		o.runNow(nil)
		count := func(want int) {
			o.Helper()
			if n, err := o.app.Assessments.Tally(o.Context()); err != nil || n != want {
				o.Fatalf("%d runs are counted, want %d: %v", n, want, err)
			}
		}
		count(0) // running results are nobody's
		o.signed(publish, "publishCycle", "PUBLISHED")
		if n := len(o.ok("", countedIn, "r", receipts[0]).list("ratingByReceipt.counted")); n != 0 {
			o.Errorf("it counts in %d results that nobody has counted", n)
		}
		count(1)
		count(0)
		seen := o.ok("", `{ publicNotice(cycleId: {cycle}) { ratingsRoot ratingsCounted } }`)
		root := seen.text("publicNotice.ratingsRoot")
		computed, err := o.app.Assessments.Compute(o.Context(), nil, quarter, scoring.DefaultPolicy(), nil)
		if err != nil {
			o.Fatal(err)
		}
		seen.wants("publicNotice.ratingsCounted", computed.Evidence.Ratings)
		leaves := map[any]bool{}
		for i, receipt := range receipts {
			a := o.ok("", countedIn, "r", receipt)
			counted := a.list("ratingByReceipt.counted")[0].(map[string]any)
			if counted["root"] != root || counted["content"] != fmt.Sprintf(`"ann" "passport" %d 2025-03-04`, i%5+1) || counted["ratings"] != float64(computed.Evidence.Ratings) {
				o.Errorf("counted: %v, and the notice has %s", counted, root)
			}
			shown, err := json.Marshal(counted)
			if err != nil {
				o.Fatal(err)
			}
			// As the command reads it.
			if proofs, err := tally.ParseProofs(shown); err != nil || len(proofs) != 1 || fmt.Sprintf("%x", proofs[0].Root()) != root {
				o.Errorf("the program reads %v: %v", proofs, err)
			}
			salt := saltOfReceipt(o.T, receipt)
			if got := climbs(o.T, salt, counted); got != root || salt != counted["salt"] {
				o.Errorf("the proof leads to %s, the notice has %s", got, root)
			}
			counted["content"] = strings.Replace(counted["content"].(string), "ann", "bob", 1)
			forged := sha256.Sum256([]byte("steelyard counted rating v1\n" + salt + "\n" + counted["content"].(string)))
			if leaf := sha256.Sum256(append([]byte{0}, forged[:]...)); hex.EncodeToString(leaf[:]) == counted["leaf"] {
				o.Error("another content has the same leaf")
			}
			leaves[counted["leaf"]] = true
		}
		if len(leaves) != len(receipts) {
			o.Errorf("%d leaves of %d ratings", len(leaves), len(receipts))
		}
		// A rating that does not count has no proof, and a tally stays what it is.
		o.change("UPDATE ratings SET level = 5 WHERE official_id = ? AND level = 1", o.id("ann"))
		if n := len(o.ok("", countedIn, "r", receipts[0]).list("ratingByReceipt.counted")); n != 0 {
			o.Error("a rating that was changed since is proved to count")
		}
		for _, statement := range []string{"UPDATE tallies SET ratings = 0", "DELETE FROM tally_blocks", "UPDATE tally_blocks SET root = leaves"} {
			if o.tryChange(statement) == nil {
				o.Errorf("%s is done", statement)
			}
		}
	})
}
