package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
)

// linksOnce is how many links an official hands out at once.
const linksOnce = 20

// raters are residents who rate by links that an official has handed out. Of those whose
// connection breaks most try again; every eighth gives up, and then either the whole
// rating is there or nothing of it.
type raters struct {
	*mortal
	guard    sync.Mutex
	tried    int
	receipts map[string]int // what residents hold: receipt to level
}

func newRaters(m *mortal) *raters { return &raters{mortal: m, receipts: map[string]int{}} }

func (*raters) name() string      { return "ratings" }
func (*raters) seats() int        { return 4 }
func (*raters) half(*store.Store) {} // a rating is looked at in the end

func (r *raters) piece(n int) {
	const query = `mutation($rows: [EncounterRowInput!]!, $key: String) { recordEncounters(input: {rows: $rows, idempotencyKey: $key}) { lines { invitation { token } } } }`
	rows := make([]map[string]any, linksOnce)
	for i := range rows {
		rows[i] = map[string]any{"serviceRef": "YB", "channel": "WINDOW"}
	}
	data := r.insist("links", operation{r.tokens["V1"], query, map[string]any{"rows": rows, "key": keyOf("links", n)}})
	var got struct {
		RecordEncounters struct {
			Lines []struct{ Invitation struct{ Token string } }
		}
	}
	if err := json.Unmarshal([]byte(data), &got); err != nil || len(got.RecordEncounters.Lines) != linksOnce {
		r.Errorf("no links: %v %.500s", err, data)
		return
	}
	for i, l := range got.RecordEncounters.Lines {
		r.rate(l.Invitation.Token, n*linksOnce+i)
	}
}

// rate is one resident.
func (r *raters) rate(token string, i int) {
	const query = `mutation($token: String!, $level: Int!, $key: String!) {
		submitRating(input: {token: $token, level: $level, comment: "等了很久", idempotencyKey: $key}) { receipt userErrors { message } } }`
	level := i%5 + 1
	o := operation{"", query, map[string]any{"token": token, "level": level, "key": keyOf("resident", i)}}
	r.guard.Lock()
	r.tried++
	r.guard.Unlock()
	var data string
	if i%8 == 0 {
		r.sends(r.name())
		answered := false
		if data, answered = r.ask(o); !answered {
			return
		}
	} else {
		data = r.insist(r.name(), o)
	}
	receipt := textAt(data, "submitRating", "receipt")
	if receipt == "" {
		r.Errorf("resident %d is sent away: %s", i, data)
		return
	}
	r.guard.Lock()
	r.receipts[receipt] = level
	r.guard.Unlock()
}

// look finds every receipt's rating, no encounter rated twice, and totals that agree with
// the ratings.
func (r *raters) look(st *store.Store) {
	r.Helper()
	var all []models.Rating
	if err := st.Read(r.Context()).Find(&all).Error; err != nil {
		r.Fatal(err)
	}
	byReceipt := map[string]models.Rating{}
	var released [5]int64
	for _, one := range all {
		if one.ReceiptHash != nil {
			byReceipt[string(one.ReceiptHash)] = one
		}
		if one.Released {
			released[one.Level-1]++
		}
	}
	for code, level := range r.receipts {
		receipt, err := auth.ParseReceipt(code)
		if err != nil {
			r.Fatal(err)
		}
		hash := receipt.Hash()
		if kept, found := byReceipt[string(hash[:])]; !found || kept.Level != level {
			r.Errorf("an acknowledged rating of %d is kept as %d (found: %v)", level, kept.Level, found)
		}
	}
	given, kept := len(r.receipts), len(byReceipt)
	if given == 0 || kept < given || kept > r.tried {
		r.Errorf("%d of %d residents hold a receipt, and %d ratings are kept", given, r.tried, kept)
	}
	claims := count(r.mortal, st, "SELECT count(*) FROM encounter_claims WHERE encounter_id IN (SELECT encounter_id FROM rating_invitations)")
	if claims != kept {
		r.Errorf("%d ratings of %d rated encounters", kept, claims)
	}
	links := count(r.mortal, st, "SELECT count(*) FROM rating_invitations")
	encounters := count(r.mortal, st, "SELECT count(*) FROM encounters WHERE occurred_at >= ?", st.Now().AddDate(0, 0, -1))
	if links%linksOnce != 0 || links != encounters {
		r.Errorf("%d links were made for %d encounters, not all or none of %d each time", links, encounters, linksOnce)
	}
	var total models.RatingTotal
	err := st.Read(r.Context()).Model(&total).
		Select("SUM(level1) level1, SUM(level2) level2, SUM(level3) level3, SUM(level4) level4, SUM(level5) level5").Take(&total).Error
	if err != nil {
		r.Fatal(err)
	}
	if got := [5]int64{total.Level1, total.Level2, total.Level3, total.Level4, total.Level5}; got != released {
		r.Errorf("totals %v, released ratings %v", got, released)
	}
	r.Logf("%d residents hold a receipt", given)
}

// caseworkers are residents who bring a case each, an official who works on it, and their
// last word.
type caseworkers struct {
	*mortal
	unit  string
	guard sync.Mutex
	kept  map[string]string // case to receipt: done as a whole
}

func newCaseworkers(m *mortal) *caseworkers {
	c := &caseworkers{mortal: m, kept: map[string]string{}}
	m.open(func(st *store.Store) {
		unit, err := store.Take[models.OrgUnit](st.Read(m.Context()).Where("ref = ?", "LX-FW"), "OrgUnit")
		if err != nil {
			m.Fatal(err)
		}
		c.unit = unit.ID.String()
	})
	return c
}

func (*caseworkers) name() string      { return "cases" }
func (*caseworkers) seats() int        { return 2 }
func (*caseworkers) half(*store.Store) {}

// caseSteps are what is done about a case, with the events that each leaves.
var caseSteps = []struct{ mutation, event string }{
	{`mutation($id: ID!, $key: String) { acceptCase(input: {caseId: $id, idempotencyKey: $key}) { case { id } userErrors { message } } }`, "ACCEPTED"},
	{`mutation($id: ID!, $key: String) { assignCase(input: {caseId: $id, idempotencyKey: $key}) { case { id } userErrors { message } } }`, "ASSIGNED"},
	{`mutation($id: ID!, $key: String) { startCase(input: {caseId: $id, idempotencyKey: $key}) { case { id } userErrors { message } } }`, "STARTED"},
	{`mutation($id: ID!, $key: String) { holdCase(input: {caseId: $id, reason: "材料不全", idempotencyKey: $key}) { case { id } userErrors { message } } }`, "PAUSED"},
	{`mutation($id: ID!, $key: String) { resumeCase(input: {caseId: $id, idempotencyKey: $key}) { case { id } userErrors { message } } }`, "RESUMED"},
	{`mutation($id: ID!, $key: String) { resolveCase(input: {caseId: $id, outcome: RESOLVED, account: "修好了", idempotencyKey: $key}) { case { id } userErrors { message } } }`, "RESOLVED"},
}

func (c *caseworkers) piece(n int) {
	const (
		open = `mutation($unit: ID, $key: String) { openCase(input: {category: "政务服务", title: "路灯坏了", description: "三天没亮", unitId: $unit, idempotencyKey: $key}) {
			receipt case { id } userErrors { message } } }`
		confirm = `mutation($receipt: String!, $key: String) { confirmResolution(input: {receipt: $receipt, solved: true, satisfaction: 5, idempotencyKey: $key}) { case { id } userErrors { message } } }`
	)
	opened := c.insist(c.name(), operation{"", open, map[string]any{"unit": c.unit, "key": keyOf("case", n)}})
	id, receipt := textAt(opened, "openCase", "case", "id"), textAt(opened, "openCase", "receipt")
	if id == "" || receipt == "" {
		c.Errorf("no case: %s", opened)
		return
	}
	for i, step := range caseSteps {
		data := c.insist(c.name(), operation{c.tokens["V1"], step.mutation, map[string]any{"id": id, "key": keyOf("case", n, "step", i)}})
		if !strings.Contains(data, id) {
			c.Errorf("a step fails: %s", data)
		}
	}
	data := c.insist(c.name(), operation{"", confirm, map[string]any{"receipt": receipt, "key": keyOf("case", n, "is over")}})
	if !strings.Contains(data, id) {
		c.Errorf("a resident's word fails: %s", data)
	}
	c.guard.Lock()
	c.kept[id] = receipt
	c.guard.Unlock()
}

// look finds each case confirmed, with each of its steps once.
func (c *caseworkers) look(st *store.Store) {
	c.Helper()
	want := "SUBMITTED"
	for _, step := range caseSteps {
		want += " " + step.event
	}
	want += " CONFIRMED"
	for id := range c.kept {
		var kinds []string
		parsed, err := models.ParseID(id)
		if err == nil {
			err = st.Read(c.Context()).Model(&models.CaseEvent{}).Where("case_id = ?", parsed).Order("seq").Pluck("kind", &kinds).Error
		}
		if err != nil {
			c.Fatal(err)
		}
		if got := fmt.Sprint(kinds); got != "["+want+"]" {
			c.Errorf("a case went %s, want %s", got, want)
		}
	}
	if n := count(c.mortal, st, "SELECT count(*) FROM cases WHERE receipt_hash IS NOT NULL"); n != len(c.kept) || n == 0 {
		c.Errorf("%d cases are kept, %d were brought", n, len(c.kept))
	}
	if n := count(c.mortal, st, "SELECT count(*) FROM cases WHERE receipt_hash IS NOT NULL AND state <> 'CONFIRMED'"); n != 0 {
		c.Errorf("%d cases are not confirmed", n)
	}
	c.Logf("%d cases were solved", len(c.kept))
}
