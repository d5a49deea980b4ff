package assessments

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/scoring"
	"steelyard/store"
)

// MostScenarios is how many other ways of scoring one comparison may try.
const MostScenarios = 4

// Scenario is another way of scoring: a policy, given in one of three ways (none:
// the one that the cycle follows), and one step of the method left out, or none.
type Scenario struct {
	PolicyID *models.ID
	Preset   models.PolicyPreset
	Document []byte // as a policy file has it
	Without  models.MethodStep
}

// scenario is a scenario whose policy is known.
type scenario struct {
	policy  scoring.Policy
	without scoring.Choice
}

// scenarios reads the policies of a comparison, the cycle's own first.
func (s *Service) scenarios(ctx context.Context, actor auth.Actor, c *models.Cycle, others []Scenario) ([]scenario, error) {
	if len(others) == 0 || len(others) > MostScenarios {
		return nil, models.Invalid("scenarios", models.KeyOutOfRange, fmt.Sprint(len(others)), "1", fmt.Sprint(MostScenarios))
	}
	own, err := s.policyOf(ctx, c.PolicyID)
	if err != nil {
		return nil, err
	}
	all := []scenario{{policy: own}}
	for i, other := range others {
		policy, err := s.scenarioPolicy(ctx, actor, own, other)
		if err != nil {
			return nil, inScenario(err, i)
		}
		all = append(all, scenario{policy, scoring.Choice(other.Without)})
	}
	return all, nil
}

func inScenario(err error, i int) error {
	var own *models.Error
	if errors.As(err, &own) {
		at := *own
		at.Field = strings.TrimSuffix(fmt.Sprintf("scenarios.%d.%s", i, own.Field), ".")
		return &at
	}
	return err
}

func (s *Service) scenarioPolicy(ctx context.Context, actor auth.Actor, own scoring.Policy, in Scenario) (scoring.Policy, error) {
	given := 0
	for _, is := range []bool{in.PolicyID != nil, in.Preset != "", in.Document != nil} {
		if is {
			given++
		}
	}
	switch {
	case given > 1:
		return own, models.Invalid("", models.KeyOneOfTwo, "policyId", "preset, policy")
	case in.Document != nil:
		policy, err := scoring.ParsePolicy(bytes.NewReader(in.Document))
		var wrong *scoring.PolicyError
		if errors.As(err, &wrong) {
			first := wrong.Fields[0]
			return own, models.Invalid("policy."+first.Field, models.Key(first.Key), first.Args...)
		}
		if err != nil {
			return own, models.Invalid("policy", models.KeyPolicyInvalid, err.Error())
		}
		named := models.Policy{Name: policy.Name}
		return policy, named.Validate()
	case in.Preset != "":
		if preset := scoring.Preset(in.Preset); slices.Contains(scoring.Presets(), preset) {
			return preset.Policy(), nil
		}
		return own, models.Invalid("preset", models.KeyPolicyInvalid, string(in.Preset))
	case in.PolicyID != nil:
		_, err := store.Take[models.Policy](s.Store.Read(ctx).Scopes(store.InScope("unit_id", actor.UnitID)).Where("id = ?", *in.PolicyID), "Policy")
		if models.CodeOf(err) == models.CodeNotFound {
			return own, &models.Error{Code: models.CodeNotFound, Field: "policyId", Key: models.KeyNotFound, Args: []string{"Policy"}}
		}
		if err != nil {
			return own, err
		}
		return s.policyOf(ctx, in.PolicyID)
	}
	return own, nil
}

// document is the policy as JSON.
func (s *scenario) document() (string, error) {
	text, err := json.Marshal(s.policy)
	if err != nil {
		return "", fmt.Errorf("write policy: %w", err)
	}
	return string(text), nil
}

// PresetPolicy is a policy to compare with or to start from.
type PresetPolicy struct {
	Preset         models.PolicyPreset
	Name, Document string
}

// Presets returns them all.
func (s *Service) Presets() ([]*PresetPolicy, error) {
	var out []*PresetPolicy
	for _, p := range scoring.Presets() {
		one := scenario{policy: p.Policy()}
		document, err := one.document()
		if err != nil {
			return nil, err
		}
		out = append(out, &PresetPolicy{Preset: models.PolicyPreset(p), Name: one.policy.Name, Document: document})
	}
	return out, nil
}
