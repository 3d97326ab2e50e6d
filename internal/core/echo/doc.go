// Package echo asks, thirty days after somebody was helped, whether they used
// it: used it, not yet, or it did not help, with a sentence. The helper hears
// it, and nobody else; the organisation sees totals.
//
// A practice says what helped whom (Source); this package knows no practice.
//
// Nobody is asked twice about one thing, nor more than twice in a week, nor
// about what is more than sixty days old, nor at all once they switched the
// notice off. What was imported or happened while the practice was off is
// never asked about.
//
// # Totals
//
// Totals are made for one thing only, the skill. A second way of cutting the
// same answers (by unit, by month) could be subtracted from the first, so there
// is none. An answer goes into exactly one total, at the beginning of a month,
// together with all others about its skill that wait, when
//
//   - at least five people gave them,
//   - about the help of at least five, since the total of a skill that one
//     person teaches would be a mark for that person,
//   - and at least one of them used it, since otherwise the total would tell
//     of each of them that they did not.
//
// The row of a total never changes: whoever looks before and after sees at
// least five people's answers more or none, and somebody who changes their
// mind later changes no total. Answers that wait for half a year, about skills
// in which fewer take part, are put together as one total under the same
// rules. What is shown as the whole is the sum of what is shown, so it tells
// nothing about the rest. How many were asked is not shown.
package echo
