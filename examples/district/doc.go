// Package district makes the demonstration data: an invented district of 300
// officials in the calendar year 2025, written as an import folder.
//
// Every official has a latent practical quality and a latent visibility, drawn
// independently of each other. Encounters, cases, reviews and deeds depend on the
// quality; achievements depend on the visibility alone, and ratings and reviews
// lean on it as well (halo). Around this the folder holds what an assessment has
// to see through:
//
//   - hard services and hard case categories fall to good officials;
//   - lenient and severe residents and reviewers, and regulars who rate the same
//     official many times;
//   - three officials with a bought burst of top ratings, one under attack, two who
//     invite only content residents, and a clique in the peer review;
//   - strong officials whom nobody sees, and weak ones with many achievements and
//     a wave of self-reported deeds in the week of an inspection;
//   - claims of "resolved" that residents confirm, deny or leave open, cases that
//     were pushed on and came back, cases that are open and overdue;
//   - two officials who changed posts, one who came and one who left in the year.
//
// [WriteTwoYears] adds the evidence of 2024, in which six officials were much weaker, so
// that there is somebody who has improved.
//
// The same seed gives the same bytes. All names are made up.
package district
