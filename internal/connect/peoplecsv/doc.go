// Package peoplecsv reads exports of personnel systems as they are: headings in
// many spellings and languages or named by a mapping, dates in several
// notations, managers by number, e-mail or name, rows without e-mail. It knows
// no database: it says who stands in the file and what is wrong with it.
//
// Whoever can be used is returned. What cannot be read is reported with line,
// column and reason; a row is left out only when nobody could say who is meant.
package peoplecsv
