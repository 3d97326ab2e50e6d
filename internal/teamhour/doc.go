// Package teamhour guides a team through 45 minutes: what each can show and
// wants to learn, what only one of them can do, and three swaps booked at the
// end. It works on one screen, from everybody's own phone, and on paper cards
// that whoever leads types in afterwards.
//
// An entry belongs to the person it speaks of. As a draft nobody else sees it,
// not even who typed it from that person's card; its owner shows it to the
// team, puts it on their profile, or throws it away. A week after the hour was
// opened everything that is on nobody's profile is deleted, and so is the hour
// itself; the page says that date from the beginning.
package teamhour
