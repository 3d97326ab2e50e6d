// Package mentoring lets an organisation run mentoring programmes: people
// enrol with what they want to learn or can offer, a run of the matching
// proposes the best pairs of the whole cohort with reasons, an organiser looks
// them over and publishes, and each pair has a room of its own until it closes
// with what changed.
package mentoring
