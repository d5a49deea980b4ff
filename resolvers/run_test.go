package resolvers_test

import "testing"

// TestARunIsCancelled: who asked for a run by mistake stops it, and the cycle can be
// run again at once; what has ended stays as it ended.
func TestARunIsCancelled(t *testing.T) {
	each(t, func(o *office) {
		const (
			ask    = `mutation { runAssessment(input: {cycleId: {cycle}}) { run { id state }` + userErrors + `} }`
			cancel = `mutation($key: String) { cancelAssessment(input: {runId: {run}, idempotencyKey: $key}) { run { id state finishedAt }` + userErrors + `} }`
		)
		o.ids["cycle"] = o.cycle("hr-root", "root")
		o.ids["run"] = o.ok("hr-root", ask).text("runAssessment.run.id")
		o.refuses("hr-north", "NOT_FOUND", "runId", cancel)
		o.refuses("hr-south", "NOT_FOUND", "runId", cancel)
		o.ok("hr-root", `{ assessmentRun(id: {run}) { state } }`).wants("assessmentRun.state", "QUEUED")

		for range 2 {
			cancelled := o.ok("hr-root", cancel, "key", "k")
			cancelled.wants("cancelAssessment.run.id", o.ids["run"])
			cancelled.wants("cancelAssessment.run.state", "CANCELLED")
		}
		o.refuses("hr-root", "CONFLICT", "runId", cancel)
		o.refuses("hr-root", "CONFLICT", "runId", cancel, "key", "another")
		if worked, err := o.app.Assessments.RunNext(o.Context()); err != nil || worked {
			o.Errorf("a cancelled run is made: %v, %v", worked, err)
		}

		again := o.ok("hr-root", ask)
		again.wants("runAssessment.run.state", "QUEUED")
		o.ids["run"] = again.text("runAssessment.run.id")
		if worked, err := o.app.Assessments.RunNext(o.Context()); err != nil || !worked {
			o.Fatalf("no run was made: %v, %v", worked, err)
		}
		o.ok("hr-root", `{ assessmentRun(id: {run}) { state failure } }`).wants("assessmentRun.state", "DONE")
		o.refuses("hr-root", "CONFLICT", "runId", cancel)
	})
}
