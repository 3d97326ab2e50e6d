// Package stackexchange reads the data dumps that Stack Exchange publishes of
// its sites: one XML file per table, one <row .../> per record, every column an
// attribute. It knows the format and nothing of Guildhall.
//
// A dump is read as a stream in constant memory. What cannot be used (broken
// XML, a missing Id, an unreadable date) is reported with file, line and
// reason, left out, and reading goes on with the next row; what can be mended
// (characters that are no text) is mended and reported.
//
// Source of the format: the readme that accompanies the dumps, and the dumps.
// Texts in a dump are licensed CC BY-SA by their authors; whoever shows them
// shows author, source and licence.
package stackexchange
