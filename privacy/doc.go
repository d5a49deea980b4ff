// Package privacy decides what may be shown. It is pure, and the one place where thresholds are applied.
//
// A figure (a mean, a share, a distribution) is shown from a minimum number of answers on, so that nobody can tell
// from it who answered what. Three things would get around a plain minimum, and are closed here:
//
//   - subtraction: where a total and all but one of its parts are shown, the missing part is known. Suppress hides
//     further cells until no group below the minimum can be computed from what is shown, through any chain of totals;
//   - comparison in time: a figure over 5 answers and later one over 6 give the sixth answer. Release compares with
//     everything shown before, and keeps the former figure where the difference would be too small;
//   - times: MonthOf and MergeMonths coarsen dates until a span holds enough.
//
// What is promised: no sum over fewer answers than the minimum follows, by adding and subtracting, from the figures
// shown in this and earlier releases of one table. What is not: someone who gave an answer can subtract the own one,
// figures of tables that are not in one system of sums are not compared with each other, and knowledge from elsewhere
// (everybody in a group known to have said the same) is beyond arithmetic. Counts below the minimum are not to be shown
// either; that a cell is empty is not treated as a secret.
package privacy
