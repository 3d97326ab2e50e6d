// Package meet keeps meetings of a few people: when and where, who comes, and
// afterwards whether it happened. Practices plan meetings for their pairs,
// rings and groups; everybody has them in the app, as iCalendar mail and in a
// feed of their own. Nobody signs in to a calendar.
package meet
