// Package markdown turns what people write into HTML that is safe to show,
// into plain text, and turns the HTML of other systems into Markdown.
//
// The dialect is CommonMark with tables, strikethrough, task lists, bare links,
// mentions (@ada, @[Ada Obi](id)), formulas between dollars, which are left as
// they are, and the tags kbd, sub, sup, em, strong, del, ins, mark, u, small
// and br. Every other tag is shown as the text it is; comments are hidden.
//
// Reading is bounded: a parser of Markdown is super-linear on hostile input, so
// every construct that may look far ahead pays from a budget, containers nest to
// a depth, tables have a number of cells, and what costs more is shown as plain
// text. No input takes longer or more memory for being malicious.
package markdown
