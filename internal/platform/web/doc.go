// Package web is the HTTP edge: the only place where HTTP status codes,
// headers, cookies and forms exist. Handlers return errors; the edge turns a
// *fault.Fault into its status and its page (or problem+json), and everything
// else into a 500 that is logged with the request's id and shown as one polite
// sentence.
package web
