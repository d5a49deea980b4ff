package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"

	"steelyard/messages"
)

// whatIfPage tries other weights.
type whatIfPage struct {
	Cycle   *CycleHead
	Presets []PresetLine
	Base    PolicyPreset // whose rules are followed besides the weights; empty: the cycle's
	Weights []weight
	Own     []weight // the cycle's
	Without MethodStep
	Steps   []MethodStep
	Result  *Compared
}

// moverList is a list of officials under the cycle's own policy and another.
type moverList struct {
	ID, Title, Hint string
	Rows            []Mover
}

// Lists are for whom the choice matters, if there is anybody, and who moves most.
func (c *Compared) Lists(w *words) []moverList {
	lists := []moverList{{"movers", w.Movers, w.MoversHint, c.Officials.Nodes}}
	if c.Matters.TotalCount > 0 {
		title := w.Matters + " (" + strconv.Itoa(c.Matters.TotalCount) + ")"
		lists = append([]moverList{{"matters", title, w.SensitiveHint, c.Matters.Nodes}}, lists...)
	}
	return lists
}

// weight is a component's share of the composite, in per cent.
type weight struct {
	Component ScoreComponent
	Percent   int
}

// Proposal says what grade is proposed.
func (w *words) Proposal(g *GradeProposal) string {
	if g == nil {
		return "–"
	}
	return w.Report(string(*g))
}

// Regraded says whether another grade is proposed than on another side.
func (m MoverScore) Regraded(than MoverScore) bool {
	return (m.Grade == nil) != (than.Grade == nil) || m.Grade != nil && *m.Grade != *than.Grade
}

// halfFor is the component that the question of the page's first button is about.
const halfFor = ScoreComponentPeerReview

// rules are a policy's component rules in the order of every report.
func rules(p *PolicyInput) [4]*ComponentRuleInput {
	return [4]*ComponentRuleInput{&p.Satisfaction, &p.Outcomes, &p.PeerReview, &p.PracticalWork}
}

func weightsOf(p *PolicyInput) []weight {
	out := make([]weight, 0, len(AllScoreComponent))
	for i, rule := range rules(p) {
		out = append(out, weight{AllScoreComponent[i], int(math.Round(100 * rule.Weight))})
	}
	return out
}

// Sum is what the weights add up to, in per cent.
func (p *whatIfPage) Sum() int {
	sum := 0
	for _, w := range p.Weights {
		sum += w.Percent
	}
	return sum
}

// askWhatIf shows the weights as they are, to be moved.
func (s *site) askWhatIf(w http.ResponseWriter, r *http.Request) {
	if page, _, ok := s.whatIfPage(w, r); ok {
		s.showWhatIf(w, r, http.StatusOK, page, "")
	}
}

// whatIf shows what would be under other weights.
func (s *site) whatIf(w http.ResponseWriter, r *http.Request) {
	page, policy, ok := s.whatIfPage(w, r)
	if !ok {
		return
	}
	notice, err := s.compare(asking(r), r.PathValue("cycle"), page, policy)
	switch {
	case isCode(err, ErrorCodeUnavailable):
		s.showWhatIf(w, r, http.StatusServiceUnavailable, page, wordsIn(language(r)).Computing)
	case err != nil:
		s.refused(w, r, err)
	case notice != "":
		s.showWhatIf(w, r, http.StatusUnprocessableEntity, page, notice)
	default:
		s.showWhatIf(w, r, http.StatusOK, page, "")
	}
}

func (s *site) showWhatIf(w http.ResponseWriter, r *http.Request, status int, page *whatIfPage, notice string) {
	s.show(w, r, status, "what-if", view{
		Path: cyclesPath + "/" + r.PathValue("cycle") + "/what-if", Query: page.query(), Wide: true, Live: true, Notice: notice, Page: page,
	})
}

// query asks for the same weights again.
func (p *whatIfPage) query() map[string][]string {
	query := map[string][]string{"base": {string(p.Base)}, "without": {string(p.Without)}}
	for _, w := range p.Weights {
		query[string(w.Component)] = []string{strconv.Itoa(w.Percent)}
	}
	return query
}

// whatIfPage reads the weights that are asked for: with a preset those of the preset, with
// the question of the first button those of the cycle with a half for one component. The
// policy has the rules of its base and these weights.
func (s *site) whatIfPage(w http.ResponseWriter, r *http.Request) (*whatIfPage, *PolicyInput, bool) {
	answer, err := Presets(asking(r), s.api, r.PathValue("cycle"))
	if err != nil {
		s.refused(w, r, asked("Presets", err))
		return nil, nil, false
	}
	if answer.Cycle == nil || answer.Own == nil {
		s.absent(w, r)
		return nil, nil, false
	}
	page := &whatIfPage{Cycle: answer.Cycle, Presets: answer.PolicyPresets, Steps: AllMethodStep, Without: MethodStep(r.FormValue("without"))}
	if !slices.Contains(AllMethodStep, page.Without) {
		page.Without = ""
	}
	own, policy, err := page.policies(answer, PolicyPreset(r.FormValue("base")), PolicyPreset(r.FormValue("preset")))
	if err != nil {
		s.fail(w, r, err)
		return nil, nil, false
	}
	page.Own, page.Weights = weightsOf(own), weightsOf(policy)
	switch r.FormValue("preset") {
	case "":
		page.read(r)
	case "HALF":
		page.half()
	}
	return page, policy, true
}

// policies are the cycle's own, and the one of a preset or base.
func (p *whatIfPage) policies(answer *PresetsResponse, base, preset PolicyPreset) (own, policy *PolicyInput, err error) {
	documents := map[PolicyPreset]string{}
	for _, one := range answer.PolicyPresets {
		documents[one.Preset] = one.Document
	}
	ownDocument := documents[PolicyPresetDefault]
	if answer.Own.Policy != nil {
		ownDocument = answer.Own.Policy.Document
	}
	if preset != "" {
		base = preset
	}
	document, known := documents[base]
	if known {
		p.Base = base
	} else {
		document = ownDocument
	}
	own, policy = &PolicyInput{}, &PolicyInput{}
	if err := json.Unmarshal([]byte(ownDocument), own); err != nil {
		return nil, nil, fmt.Errorf("read the cycle's policy: %w", err)
	}
	if err := json.Unmarshal([]byte(document), policy); err != nil {
		return nil, nil, fmt.Errorf("read policy %s: %w", base, err)
	}
	return own, policy, nil
}

// read takes the weights that a form or an address names.
func (p *whatIfPage) read(r *http.Request) {
	for i := range p.Weights {
		if n, err := strconv.Atoi(r.FormValue(string(p.Weights[i].Component))); err == nil {
			p.Weights[i].Percent = min(max(n, 0), 100)
		}
	}
}

// half gives one component a half, and the others the rest as they shared it before, or
// evenly where they had nothing.
func (p *whatIfPage) half() {
	rest := 0
	for _, w := range p.Own {
		if w.Component != halfFor {
			rest += w.Percent
		}
	}
	left := 50
	for i, w := range p.Own {
		share := 1 / float64(len(p.Own)-1)
		if rest > 0 {
			share = float64(w.Percent) / float64(rest)
		}
		if p.Weights[i].Percent = 50; w.Component != halfFor {
			p.Weights[i].Percent = min(int(math.Round(50*share)), left)
			left -= p.Weights[i].Percent
		}
	}
}

// compare asks what would be, and notes it on the page; notice is what is to be mended.
// The same question leaves one entry on record, however often it is asked.
func (s *site) compare(ctx context.Context, cycle string, page *whatIfPage, policy *PolicyInput) (notice string, err error) {
	sum := float64(max(page.Sum(), 1))
	for i, rule := range rules(policy) {
		rule.Weight = float64(page.Weights[i].Percent) / sum
	}
	question, err := json.Marshal(struct {
		Cycle   string
		Policy  *PolicyInput
		Without MethodStep
	}{cycle, policy, page.Without})
	if err != nil {
		return "", fmt.Errorf("write the question: %w", err)
	}
	key := sha256.Sum256(question)
	var without *MethodStep
	if page.Without != "" {
		without = &page.Without
	}
	answer, err := WhatIf(ctx, s.api, cycle, *policy, without, hex.EncodeToString(key[:]))
	if err != nil {
		return "", asked("WhatIf", err)
	}
	page.Result = answer.ComparePolicies.Comparison
	return mendable(messages.From(ctx), answer.ComparePolicies.UserErrors), nil
}
