// Package extract writes down what a run of the engine rests on, and what it found,
// so that others can compute all of it anew without the database and its keys: the
// evidence by external ids and numbers, the policy and the results, a JSON object a
// line; and a sheet of component estimates, from which composites, ranks and grades
// follow by the policy.
//
// Of residents and reviewers an extract holds numbers, given by first appearance in
// the canonical order, and no hash, no comment and no moment of an answer. It is
// pseudonymous and not anonymous: whoever knows who was to review whom recognises
// reviewers by whom they reviewed. It is for an auditor who is bound to keep it.
package extract
