// Package swaps lets people teach each other. What they offer and wish stands
// in their profiles. Two who fit propose a swap to each other; where no two
// fit, a round finds rings of three and more in which everybody teaches the
// next. Hours given in a ring that broke are kept as owed.
package swaps
