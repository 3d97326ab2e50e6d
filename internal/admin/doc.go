// Package admin is where the house is set up and looked after: the guided
// set-up of a fresh server, people's roles and ways in, the organisation's
// settings, mail, practices and the log of acts. Admins run the system and see
// no more of what people write than a member.
package admin
