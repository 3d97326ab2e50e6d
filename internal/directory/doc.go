// Package directory is where people are found and looked after: profiles, the
// directory and the org chart, skills with their pages, everybody's own ledger,
// and the administration of people and skills. The rules stand in core/people,
// core/skills and core/ledger; here are their pages and their API.
package directory
