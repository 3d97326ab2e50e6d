// Package ask is where people get unstuck: questions, answers and comments,
// what settles a question, and the way a question takes to the few people most
// likely to know. Nothing asked here ends in silence.
package ask
