// Package rules holds the tests that keep the house in order: who may import
// whom, which SQL runs on both databases, which files are current. It has no
// code of its own.
package rules
