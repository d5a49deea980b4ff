package models

// The records that can be fetched by their id alone: IsNode marks them for the
// API's Node interface.

// IsNode marks a Node.
func (OrgUnit) IsNode() {}

// IsNode marks a Node.
func (Official) IsNode() {}

// IsNode marks a Node.
func (Service) IsNode() {}

// IsNode marks a Node.
func (Encounter) IsNode() {}

// IsNode marks a Node.
func (Case) IsNode() {}

// IsNode marks a Node.
func (Cycle) IsNode() {}

// IsNode marks a Node.
func (AssessmentRun) IsNode() {}

// IsNode marks a Node.
func (Assessment) IsNode() {}

// IsNode marks a Node.
func (Objection) IsNode() {}

// IsNode marks a Node.
func (IntegrityFlag) IsNode() {}
