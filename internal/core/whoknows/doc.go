// Package whoknows answers "who knows about this?" and "who should be asked?"
// from the ledger: people best first, with the receipts that speak for them.
//
// The model is one formula with constants that have reasons (docs/who-knows.md):
// how active somebody is now, times how much more of what speaks for them is
// about this question than about anything else. It is measured by
// `guildhall bench experts` through the same code and the same tables.
//
// Evidence is one (source, author) pair: an answer, a vouched-for skill, what
// somebody declared. It is kept as impacts of terms in tables ordered best
// first, so that a question reads a few hundred rows whatever the number of
// people. All sums are whole numbers, so that taking evidence away leaves
// nothing behind and a rebuild reaches the same rows. Every row carries the
// audience of its source; a reader's audiences are joined when a question is
// asked, and what everybody's words are weighed by (how rare a word is) comes
// from what the whole organisation may see.
package whoknows
