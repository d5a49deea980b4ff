package scoring

// Preset names a policy that others use, to compare with or to start from.
type Preset string

// The presets.
const (
	// PresetDefault is DefaultPolicy.
	PresetDefault Preset = "DEFAULT"
	// PresetDemocraticAppraisal is the traditional 民主测评: colleagues' marks alone, as
	// they are, nothing taken out.
	PresetDemocraticAppraisal Preset = "DEMOCRATIC_APPRAISAL"
	// PresetImmediateResponse is 接诉即办: response (here: in time), solved and
	// satisfied, 30, 35 and 35 of 100, as rates.
	PresetImmediateResponse Preset = "IMMEDIATE_RESPONSE"
)

// Presets returns every preset.
func Presets() []Preset {
	return []Preset{PresetDefault, PresetDemocraticAppraisal, PresetImmediateResponse}
}

// Policy is the preset as a policy; of a name that there is not, the default one.
func (p Preset) Policy() Policy {
	policy := DefaultPolicy()
	switch p {
	case PresetDemocraticAppraisal:
		policy.Name = "民主测评"
		policy.Satisfaction.Weight, policy.Outcomes.Weight, policy.PracticalWork.Weight = 0, 0, 0
		policy.PeerReview.Weight = 1
	case PresetImmediateResponse:
		policy.Name = "接诉即办"
		policy.PeerReview.Weight, policy.PracticalWork.Weight = 0, 0
		policy.Satisfaction.Weight, policy.Outcomes.Weight = 0.35, 0.65
		policy.InTimeShare, policy.SolvedShare, policy.HandlingShare = 30.0/65, 35.0/65, 0
	default:
		return policy
	}
	policy.Normalisation, policy.HaloCorrection, policy.Borrowing = Absolute, false, false
	return policy
}
