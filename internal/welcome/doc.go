// Package welcome is the first week of somebody new: one thing they could
// show, one thing they want to learn, a first question and a first thanks. A
// step is done when they did it, wherever they did it.
//
// The path stands on Home for two weeks after somebody was added, or after
// their first day when the personnel system says it. Who signed in and has not
// done everything is nudged at most twice, on the third and the sixth day,
// while they are at work. Putting the path away ends both for good. Whoever was
// added longer ago sees and hears nothing of it; guests neither.
package welcome
