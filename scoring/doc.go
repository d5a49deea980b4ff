// Package scoring is the assessment engine: evidence in, assessments out.
//
// It knows no database, no clock, no network and nothing of the rest of
// Steelyard. [Assess] takes an [Evidence] (compact columns, already cut to one
// period and already seen "as it stood at the end" of it), a [Policy] (weights
// and rules as data) and returns a [Result]. The same three give the same bytes,
// whatever the order of the evidence's rows, the number of CPUs or the processor.
package scoring
