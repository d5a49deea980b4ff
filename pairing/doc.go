// Package pairing plans who reviews whom. It is pure: people and what connects them
// in, pairs out, the same for the same seed.
//
// A plan serves two masters. Reviewers must know the work: [Organisation.Candidates]
// names colleagues of the unit, superiors, subordinates, and those who worked on the
// same cases, never somebody by lot. And the numbers must be of use: a reviewer's
// severity can be told from the level of the reviewed only within a connected part of
// the graph of reviewers and reviewed, so [Make] joins the parts wherever a candidate
// allows, and says which parts remain. Loads are as even as the candidates allow:
//
//	Σ load²
//
// is the least that gives everybody the reviewers they are to have, before pairs are
// added that join parts. The method is that of optimal semi-matchings (Harvey, Ladner,
// Lovász & Tamir 2006): from a start that prefers whom the work connects most, loads
// move along alternating paths until no path lowers the sum.
package pairing
