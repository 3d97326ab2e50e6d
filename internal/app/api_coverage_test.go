package app

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

// byAPI says for every form of the pages which operations do the same, without
// their /api/v1. A new form gets its line here together with its operation.
var byAPI = map[string][]string{
	"POST /coffee/groups":                      {"POST /coffee/groups"},
	"POST /coffee/groups/{id}":                 {"PUT /coffee/groups/{id}"},
	"POST /coffee/groups/{id}/membership":      {"PUT /coffee/groups/{id}/membership", "DELETE /coffee/groups/{id}/membership", "PUT /coffee/groups/{id}/snooze"},
	"POST /coffee/groups/{id}/rounds":          {"POST /coffee/groups/{id}/rounds"},
	"POST /coffee/groups/{id}/closing":         {"DELETE /coffee/groups/{id}"},
	"POST /coffee/avoid":                       {"POST /coffee/avoid", "DELETE /coffee/avoid/{id}"},
	"POST /coffee/lunch":                       {"PUT /coffee/lunch", "DELETE /coffee/lunch"},
	"POST /coffee/kept/{id}/removal":           {"DELETE /coffee/kept/{id}"},
	"POST /coffee/hours":                       {"POST /coffee/hours"},
	"POST /coffee/hours/{id}/bookings":         {"POST /coffee/hours/{id}/bookings"},
	"POST /coffee/hours/{id}/closing":          {"DELETE /coffee/hours/{id}"},
	"POST /coffee/lotteries":                   {"POST /coffee/lotteries"},
	"POST /coffee/lotteries/{id}/entry":        {"PUT /coffee/lotteries/{id}/entry", "DELETE /coffee/lotteries/{id}/entry"},
	"POST /coffee/lotteries/{id}/cancellation": {"DELETE /coffee/lotteries/{id}"},
	"POST /coffee/pairs/{id}/meeting":          {"POST /coffee/pairs/{id}/meeting"},
	"POST /coffee/pairs/{id}/confirmation":     {"PUT /coffee/pairs/{id}/confirmation"},
	"POST /coffee/pairs/{id}/words":            {"POST /coffee/pairs/{id}/words"},

	"POST /echoes/off":  {"PUT /notices/choices", "DELETE /echoes/{id}"},
	"POST /echoes/{id}": {"PUT /echoes/{id}/answer", "DELETE /echoes/{id}"},

	"POST /mentoring":                           {"POST /programmes"},
	"POST /mentoring/{id}/enrolment":            {"PUT /programmes/{id}/enrolment"},
	"POST /mentoring/{id}/withdrawal":           {"DELETE /programmes/{id}/enrolment"},
	"POST /mentoring/{id}/pairing":              {"POST /programmes/{id}/runs"},
	"POST /mentoring/{id}/rules":                {"PUT /programmes/{id}/rules"},
	"POST /mentoring/{id}/publication":          {"POST /programmes/{id}/publication"},
	"POST /mentoring/{id}/requests":             {"POST /programmes/{id}/requests"},
	"POST /mentoring/{id}/end":                  {"POST /programmes/{id}/end"},
	"POST /mentorships/{id}/answer":             {"PUT /mentorships/{id}/answer"},
	"POST /mentorships/{id}/goals":              {"POST /mentorships/{id}/goals"},
	"POST /mentorships/{id}/promises":           {"POST /mentorships/{id}/promises"},
	"POST /mentorships/{id}/agreement":          {"PUT /mentorships/{id}/agreement"},
	"POST /mentorships/{id}/goals/{goal}":       {"PUT /mentorships/{id}/goals/{goal}"},
	"POST /mentorships/{id}/promises/{promise}": {"PUT /mentorships/{id}/promises/{promise}"},
	"POST /mentorships/{id}/pulse":              {"PUT /mentorships/{id}/pulse"},
	"POST /mentorships/{id}/meetings":           {"POST /mentorships/{id}/meetings"},
	"POST /mentorships/{id}/closing":            {"POST /mentorships/{id}/closing"},
	"POST /mentorships/{id}/talks":              {"PUT /mentorships/{id}/talks/{talk}"},
	"POST /mentorships/{id}/leaving":            {"DELETE /mentorships/{id}/membership"},

	"POST /settings/secret":      {"PUT /me/secrets/{kind}"},
	"POST /settings/preferences": {"PUT /me/preferences"}, // the theme and the shortcuts are a browser's
	"POST /settings/logins":      {"DELETE /me/logins", "DELETE /me/logins/{id}"},
	"POST /settings/tokens":      {"POST /me/tokens", "DELETE /me/tokens/{id}"},
	"POST /notices/read":         {"PUT /notices/read"},
	"POST /settings/notices":     {"PUT /notices/choices"},

	"POST /meetings/feed":              {"POST /calendar-feed", "DELETE /calendar-feed"},
	"POST /meetings/{id}":              {"PUT /meetings/{id}"},
	"POST /meetings/{id}/answer":       {"PUT /meetings/{id}/answer"},
	"POST /meetings/{id}/confirmation": {"PUT /meetings/{id}/confirmation"},
	"POST /meetings/{id}/cancellation": {"DELETE /meetings/{id}"},

	"POST /setup/done":         {"POST /admin/set-up/end"},
	"POST /admin/people":       {"POST /admin/people/invitations", "POST /admin/people/cards"},
	"POST /admin/people/{id}":  {"PUT /admin/people/{id}/role", "DELETE /admin/people/{id}/logins"},
	"POST /admin/invitations":  {"POST /admin/invitations"},
	"POST /admin/organisation": {"PUT /admin/organisation"},
	"POST /admin/questions":    {"PUT /admin/questions"},
	"POST /admin/mail":         {"PUT /admin/mail", "DELETE /admin/mail", "POST /admin/mail/test", "POST /admin/mail/release", "POST /admin/mail/retries", "DELETE /admin/mail/refused"},
	"POST /admin/practices":    {"PUT /admin/practices"},
	"POST /admin/import":       {"POST /admin/import", "POST /admin/import/file"},
	"POST /admin/skills":       {"POST /admin/skill-lists", "POST /admin/skill-lists/{id}/import"},
	"POST /admin/claims/{id}":  {"PUT /claims/{id}/approval", "DELETE /claims/{id}/approval", "PUT /claims/{id}/refusal"},
	"POST /admin/sites":        {"POST /admin/sites", "PUT /admin/sites/{id}"},

	"POST /questions":                 {"POST /questions"},
	"POST /questions/{id}":            {"PUT /questions/{id}"},
	"POST /questions/{id}/state":      {"PUT /questions/{id}/state", "DELETE /questions/{id}", "PUT /questions/{id}/verification"},
	"POST /questions/{id}/answers":    {"POST /questions/{id}/answers"},
	"POST /questions/{id}/comments":   {"POST /questions/{id}/comments"},
	"POST /questions/{id}/acceptance": {"PUT /questions/{id}/acceptance", "DELETE /questions/{id}/acceptance"},
	"POST /questions/{id}/pass":       {"POST /questions/{id}/pass"},
	"POST /questions/{id}/forwarding": {"POST /questions/{id}/forwarding"},
	"POST /questions/{id}/nobody":     {"POST /questions/{id}/nobody"},
	"POST /questions/{id}/me-too":     {"PUT /questions/{id}/me-too", "DELETE /questions/{id}/me-too"},
	"POST /questions/{id}/following":  {"PUT /questions/{id}/following", "DELETE /questions/{id}/following"},
	"POST /questions/{id}/bookmark":   {"PUT /questions/{id}/bookmark", "DELETE /questions/{id}/bookmark"},
	"POST /answers/{id}":              {"PUT /answers/{id}"},
	"POST /answers/{id}/state":        {"PUT /answers/{id}/state", "DELETE /answers/{id}", "PUT /answers/{id}/verification"},
	"POST /answers/{id}/useful":       {"PUT /answers/{id}/useful", "DELETE /answers/{id}/useful"},
	"POST /comments/{id}":             {"PUT /comments/{id}", "DELETE /comments/{id}"},

	"POST /people/{id}/vouches":          {"POST /people/{id}/vouches"},
	"POST /people/{id}/following":        {"PUT /people/{id}/following", "DELETE /people/{id}/following"},
	"POST /people/{id}/departure":        {"POST /people/{id}/departure"},
	"POST /people/me/edit":               {"PUT /me"},
	"POST /people/me/picture":            {"PUT /me/picture", "DELETE /me/picture"},
	"POST /people/me/skills":             {"POST /me/skills"},
	"POST /people/me/skills/{id}":        {"POST /me/skills", "DELETE /me/skills/{direction}/{id}"},
	"POST /people/me/receipts/{id}":      {"PUT /me/receipts/{id}/hiding", "DELETE /me/receipts/{id}/hiding"},
	"POST /people/me/profiles":           {"POST /me/claims", "DELETE /me/claims/{id}"},
	"POST /endorsements/{id}/withdrawal": {"DELETE /endorsements/{id}"},
	"POST /skills/{id}/following":        {"PUT /skills/{id}/following", "DELETE /skills/{id}/following"},
	"POST /skills/{id}/edit":             {"PUT /skills/{id}"},
	"POST /skills/{id}/merge":            {"POST /skills/{id}/merge"},
	"POST /skills/{id}/deprecation":      {"PUT /skills/{id}/deprecation", "DELETE /skills/{id}/deprecation"},

	"POST /swaps":                 {"POST /swaps"},
	"POST /swaps/choices":         {"PUT /swap-choices"},
	"POST /swaps/rounds":          {"POST /swap-rounds"},
	"POST /swaps/rules":           {"PUT /swap-rules"},
	"POST /swaps/{id}/withdrawal": {"DELETE /swaps/{id}"},
	"POST /swaps/{id}/answer":     {"PUT /swaps/{id}/answer"},
	"POST /swaps/{id}/changes":    {"POST /swaps/{id}/changes"},
	"POST /swaps/{id}/leaving":    {"DELETE /swaps/{id}/membership"},
	"POST /swaps/{id}/lessons":    {"POST /swaps/{id}/lessons"},
	"POST /swaps/{id}/thanks":     {"PUT /swaps/{id}/thanks"},

	"POST /team-hours":                      {"POST /team-hours"},
	"POST /team-hours/joining":              {"POST /team-hours/joining"},
	"POST /team-hours/{id}/entries":         {"POST /team-hours/{id}/entries"},
	"POST /team-hours/{id}/entries/{entry}": {"PUT /team-hours/{id}/entries/{entry}", "DELETE /team-hours/{id}/entries/{entry}"},
	"POST /team-hours/{id}/step":            {"PUT /team-hours/{id}/step"},
	"POST /team-hours/{id}/closing":         {"POST /team-hours/{id}/closing"},
	"POST /team-hours/{id}/swaps":           {"POST /team-hours/{id}/swaps"},
	"POST /team-hours/{id}/meetings":        {"POST /team-hours/{id}/meetings"},
	"POST /team-hours/{id}/swaps/{swap}":    {"PUT /team-hours/{id}/swaps/{swap}"},

	"POST /welcome/away": {"DELETE /first-week"},
}

// pagesOnly are the forms without an operation, each with the reason.
var pagesOnly = map[string]string{
	"POST /login":               "a program signs in with a token, not with a secret",
	"POST /login/link":          "a program signs in with a token, not with a link in a mail",
	"POST /login/link/{token}":  "a program signs in with a token, not with a link in a mail",
	"POST /logout":              "it ends the login of this browser, which a program does not have",
	"POST /claim":               "the card of somebody who has no token yet",
	"POST /setup":               "there is nobody yet who could have a token",
	"POST /unsubscribe/{token}": "a link in a mail, for who is not signed in; PUT /notices/choices is the same for who is",
	"POST /met/{token}":         "a link in a mail, for who is not signed in; PUT /meetings/{id}/confirmation is the same for who is",
	"POST /echo/{token}":        "a link in a mail, for who is not signed in; PUT /echoes/{id}/answer is the same for who is",
}

// TestEverythingThatPagesDoTheAPIDoes compares the forms of all pages with the
// operations: what people can do, a program of theirs can.
func TestEverythingThatPagesDoTheAPIDoes(t *testing.T) {
	h, err := Build(context.Background(), Config{Files: t.TempDir()}, dbtest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	operations := map[string]bool{}
	for _, o := range h.newAPI(http.NewServeMux()).Operations() {
		operations[o.Method+" "+strings.TrimPrefix(o.Path, "/api/v1")] = true
	}
	forms := map[string]bool{}
	for _, r := range h.every() {
		if strings.HasPrefix(r.Pattern, "GET ") {
			continue
		}
		forms[r.Pattern] = true
		same, why := byAPI[r.Pattern], pagesOnly[r.Pattern]
		switch {
		case len(same) == 0 && why == "":
			t.Errorf("%s has no operation that does the same: add one and write it down in byAPI, or say in pagesOnly why there is none", r.Pattern)
		case len(same) > 0 && why != "":
			t.Errorf("%s has operations and a reason why it has none", r.Pattern)
		}
		for _, o := range same {
			if !operations[o] {
				t.Errorf("%s: there is no operation %s", r.Pattern, o)
			}
		}
	}
	var gone []string
	for p := range byAPI {
		if !forms[p] {
			gone = append(gone, p)
		}
	}
	for p := range pagesOnly {
		if !forms[p] {
			gone = append(gone, p)
		}
	}
	slices.Sort(gone)
	for _, p := range gone {
		t.Errorf("%s is written down here and no page has it", p)
	}
}
