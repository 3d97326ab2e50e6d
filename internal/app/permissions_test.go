package app

import (
	"context"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

// The columns of the table: who asks. Things are the author's. The steward
// looks after the thing's audience, the organisation or the private one; the
// manager is the author's.
var columns = []string{"", "Strange", "Gus", "Mia", "Ben", "Stella", "Max", "Olu", "Ada"}

var columnNames = []string{"anonymous", "stranger", "guest", "member", "author", "steward", "manager", "organiser", "admin"}

// What the letters of a line say, one letter for each column.
var letters = map[byte]string{
	'L': "is asked to sign in", '2': "200", 'c': "201", 'n': "204", 's': "303", '3': "403", '.': "404 with the body of nonsense",
	'9': "409", 'g': "410", 'i': "422", 'u': "503",
}

// line says what everybody gets of one route or operation: of a thing of the
// organisation (or of the only thing there is), of one in a private audience,
// and of a deleted one. An empty row says that there is no such thing.
type line struct {
	send                       string // the form or JSON; {name} is a place
	visible, invisible, erased string
}

// Lines that many share.
const (
	everybody      = "222222222"
	signedIn       = "L22222222"
	does           = "Lssssssss"
	admins         = "L.......2"
	sees           = "L2.222222" // an organisation's thing: all but guests
	hidden         = "L..222..." // a private thing: its members
	nobody         = "L........"
	own            = "L...2...." // the author's own
	own2           = "L...s...."
	organisersOnly = "L3.333322" // what those who organise run
	membersOnly    = "L..22...." // a room of the author and a member
	acts           = "Ls.ssssss"
	actsIn         = "L..sss..."
	tends          = "L3.3ss3ss" // author, steward, and those who organise
	tendsIn        = "L..3ss..." // organising is no key to a private audience
	opens          = "L3.322322"
	opensIn        = "L..322..."
)

// permissions is the table. Every route of the house and every operation of
// the API has its line here; a new one is added by hand.
var permissions = map[string]line{
	"GET /{$}":                           {"", signedIn, "", ""},
	"GET /login":                         {"", "2ssssssss", "", ""},
	"POST /login":                        {"who={who}&secret=y", "iiiiiiiii", "", ""},
	"POST /login/link":                   {"who={who}@example.org", everybody, "", ""},
	"GET /login/link/{token}":            {"", everybody, "", "ggggggggg"},
	"POST /login/link/{token}":           {"", "sssssssss", "", "ggggggggg"},
	"GET /demo/{token}":                  {"", "", "", "........."},
	"POST /logout":                       {"", "sssssssss", "", ""},
	"GET /claim":                         {"", "222222222", "", ""},
	"POST /claim":                        {"personnel_no=1&code=1&pin=1&again=1", "iiiiiiiii", "", ""},
	"GET /settings":                      {"", signedIn, "", ""},
	"POST /settings/secret":              {"new=a&again=b", "Liiiiiiii", "", ""},
	"POST /settings/logins":              {"end=others", does, "", ""},
	"POST /settings/tokens":              {"label=x&days=30", signedIn, "", ""},
	"POST /settings/preferences":         {"theme=dark", does, "", ""},
	"GET /api":                           {"", "sssssssss", "", ""},
	"GET /reference":                     {"", everybody, "", ""},
	"GET /reference/{id}":                {"", everybody, "", "........."},
	"GET /search":                        {"", signedIn, "", ""},
	"GET /search.json":                   {"", signedIn, "", ""},
	"GET /who-knows":                     {"", signedIn, "", ""},
	"GET /setup":                         {"", admins, "", ""},
	"POST /setup":                        {"", "LLLLLLLLL", "", ""},
	"POST /setup/done":                   {"", "L.......s", "", ""},
	"GET /admin":                         {"", admins, "", ""},
	"POST /admin/people":                 {"do=cards", "L.......i", "", ""},
	"GET /admin/people/{id}":             {"", admins, "", admins},
	"POST /admin/people/{id}":            {"role=member", "L.......s", "", nobody},
	"GET /admin/invitations":             {"", admins, "", ""},
	"POST /admin/invitations":            {"people=&role=member", "L.......i", "", ""},
	"GET /admin/organisation":            {"", admins, "", ""},
	"POST /admin/organisation":           {"organisation=Mill&time_zone=Europe/Lisbon", "L.......s", "", ""},
	"GET /admin/questions":               {"", admins, "", ""},
	"POST /admin/questions":              {"hours=0", "L.......i", "", ""},
	"GET /admin/mail":                    {"", admins, "", ""},
	"POST /admin/mail":                   {"host=", "L.......i", "", ""},
	"GET /admin/practices":               {"", admins, "", ""},
	"POST /admin/practices":              {"", "L.......s", "", ""},
	"GET /admin/audit":                   {"", admins, "", ""},
	"GET /questions":                     {"", signedIn, "", ""},
	"POST /questions":                    {"title=", "Liiiiiiii", "", ""},
	"GET /questions/new":                 {"", signedIn, "", ""},
	"GET /questions/similar":             {"", signedIn, "", ""},
	"GET /questions/ageing":              {"", signedIn, "", ""},
	"GET /questions/{id}":                {"", sees, hidden, nobody},
	"GET /questions/{id}/beside":         {"", sees, hidden, nobody},
	"POST /questions/{id}":               {"title=How+is+it+done+better%3F&body=x", tends, tendsIn, nobody},
	"GET /questions/{id}/edit":           {"", opens, opensIn, nobody},
	"GET /questions/{id}/history":        {"", sees, hidden, nobody},
	"GET /questions/{id}/state":          {"", opens, opensIn, nobody},
	"POST /questions/{id}/state":         {"state=obsolete&why=long+gone", tends, tendsIn, nobody},
	"POST /questions/{id}/answers":       {"body=So", acts, actsIn, nobody},
	"POST /questions/{id}/comments":      {"comment=Hm", acts, actsIn, nobody},
	"POST /questions/{id}/acceptance":    {"on=1&answer={answer}", tends, tendsIn, nobody},
	"POST /questions/{id}/pass":          {"", acts, actsIn, nobody},
	"GET /questions/{id}/desk":           {"", "L3.333332", "L..333...", nobody},
	"POST /questions/{id}/forwarding":    {"person={max}", "L3.33333s", "L..333...", nobody},
	"POST /questions/{id}/nobody":        {"words=Nobody+here+does", "L3.33333s", "L..333...", nobody},
	"POST /questions/{id}/me-too":        {"on=1", "Ls.s9ssss", "L..s9s...", nobody},
	"POST /questions/{id}/following":     {"on=1", acts, actsIn, nobody},
	"POST /questions/{id}/bookmark":      {"on=1", acts, actsIn, nobody},
	"GET /files/{id}":                    {"", sees, hidden, nobody},
	"POST /answers/{id}":                 {"body=Better+so", tends, tendsIn, nobody},
	"GET /answers/{id}/edit":             {"", opens, opensIn, nobody},
	"GET /answers/{id}/history":          {"", sees, hidden, nobody},
	"GET /answers/{id}/state":            {"", sees, hidden, nobody},
	"POST /answers/{id}/state":           {"state=obsolete&why=long+gone", tends, tendsIn, nobody},
	"POST /answers/{id}/useful":          {"on=1", "Ls.s9ssss", "L..s9s...", nobody},
	"POST /comments/{id}":                {"comment=Well", tends, tendsIn, nobody},
	"GET /comments/{id}/edit":            {"", opens, opensIn, nobody},
	"GET /people":                        {"", signedIn, "", ""},
	"GET /people/chart":                  {"", sees, "", ""},
	"GET /people/{id}":                   {"", sees, "", nobody},
	"GET /people/{id}/vouches":           {"", sees, "", nobody},
	"POST /people/{id}/vouches":          {"skill=weaving&note=Mended+the+big+loom+in+a+night", "Ls.s3ssss", "", nobody},
	"GET /people/me":                     {"", does, "", ""},
	"GET /people/me/edit":                {"", signedIn, "", ""},
	"POST /people/me/edit":               {"name=", "Liiiiiiii", "", ""},
	"POST /people/{id}/following":        {"on=1", "Ls.s9ssss", "", nobody},
	"POST /skills/{id}/following":        {"on=1", acts, "", ""},
	"GET /people/{id}/departure":         {"", admins, "", ""},
	"POST /people/{id}/departure":        {"", "L.......s", "", ""},
	"POST /people/me/picture":            {"", "Liiiiiiii", "", ""},
	"GET /pictures/{hash}":               {"", "L2.222222", "", nobody},
	"GET /admin/import":                  {"", admins, "", ""},
	"POST /admin/import":                 {"do=preview", "L.......i", "", ""},
	"GET /people/me/profiles":            {"", sees, "", ""},
	"POST /people/me/profiles":           {"profile=7zzzzzzzzzzzz", nobody, "", ""},
	"GET /admin/claims":                  {"", admins, "", ""},
	"POST /admin/claims/{id}":            {"do=approve", "L.......s", "", nobody},
	"GET /admin/skills":                  {"", admins, "", ""},
	"POST /admin/skills":                 {"", "L.......i", "", ""},
	"GET /admin/sites":                   {"", admins, "", ""},
	"POST /admin/sites":                  {"name=", "L.......i", "", ""},
	"GET /people/me/skills":              {"", sees, "", ""},
	"POST /people/me/skills":             {"skill=", "Li.iiiiii", "", ""},
	"GET /people/me/skills/{id}":         {"", own, "", nobody},
	"POST /people/me/skills/{id}":        {"list=teach&level=3", "L...s....", "", nobody},
	"GET /people/me/receipts":            {"", signedIn, "", ""},
	"POST /people/me/receipts/{id}":      {"hidden=1", "L...s....", "L...s....", nobody},
	"GET /endorsements/{id}":             {"", acts, actsIn, nobody},
	"POST /endorsements/{id}/withdrawal": {"", "L3.3s3s33", "", nobody},
	"GET /skills":                        {"", sees, "", ""},
	"GET /skills.json":                   {"", signedIn, "", ""},
	"GET /skills/{id}":                   {"", sees, "", ""},
	"GET /skills/{id}/edit":              {"", admins, "", ""},
	"POST /skills/{id}/edit":             {"kind=skill&name=weaving", "L.......s", "", ""},
	"POST /skills/{id}/merge":            {"into=nothing+like+it", "L.......i", "", ""},
	"POST /skills/{id}/deprecation":      {"on=0", "L.......s", "", ""},
	"GET /notices":                       {"", signedIn, "", ""},
	"POST /notices/read":                 {"", does, "", ""},
	"GET /settings/notices":              {"", signedIn, "", ""},
	"POST /settings/notices":             {"", does, "", ""},
	"GET /unsubscribe/{token}":           {"", everybody, "", "........."},
	"POST /unsubscribe/{token}":          {"", everybody, "", "........."},
	"GET /live":                          {"", signedIn, "", ""},
	"GET /meetings":                      {"", signedIn, "", ""},
	"GET /meetings/sheet":                {"", signedIn, "", ""},
	"POST /meetings/feed":                {"", signedIn, "", ""},
	"GET /calendar/{token}":              {"", everybody, "", "........."},
	"GET /met/{token}":                   {"", everybody, "", "........."},
	"POST /met/{token}":                  {"met=yes", everybody, "", "........."},
	"GET /meetings/{id}":                 {"", sees, hidden, ""},
	"POST /meetings/{id}":                {"title=Talk&slot=own&day=2027-05-04&time=10:00&minutes=30", "L3.ss3333", "L..ss3...", ""},
	"GET /meetings/{id}/edit":            {"", "L3.223333", "L..223...", ""},
	"POST /meetings/{id}/answer":         {"answer=no", "L3.ss3333", "L..ss3...", ""},
	"POST /meetings/{id}/confirmation":   {"met=yes", "L3.ss3333", "L..ss3...", ""},
	"GET /meetings/{id}/cancellation":    {"", "L3.223333", "L..223...", ""},
	"POST /meetings/{id}/cancellation":   {"", "L3.ss3333", "L..ss3...", ""},

	"GET /coffee":                              {"", signedIn, "", ""},
	"GET /coffee/groups/new":                   {"", sees, "", ""},
	"POST /coffee/groups":                      {"name=", "Liiiiiiii", "", ""},
	"GET /coffee/groups/{id}":                  {"", sees, hidden, nobody},
	"POST /coffee/groups/{id}":                 {"name=Tea&every=week&size=2&mixing=mixed", "L3.3ss3ss", "L..3ss...", nobody},
	"GET /coffee/groups/{id}/edit":             {"", "L3.322322", "L..322...", nobody},
	"POST /coffee/groups/{id}/membership":      {"do=join", acts, actsIn, nobody},
	"POST /coffee/groups/{id}/rounds":          {"", "L3.3ss3ss", "L..3ss...", nobody},
	"POST /coffee/groups/{id}/closing":         {"", "L3.3ss3ss", "L..3ss...", nobody},
	"GET /coffee/hours/new":                    {"", sees, "", ""},
	"POST /coffee/hours":                       {"title=", "Li.iiiiii", "", ""},
	"GET /coffee/hours/{id}":                   {"", sees, hidden, nobody},
	"POST /coffee/hours/{id}/bookings":         {"seat=2026-01-01T10:00:00Z", "Li.iiiiii", "L..iii...", nobody},
	"POST /coffee/hours/{id}/closing":          {"", "L3.3s3333", "L..3s3...", nobody},
	"GET /coffee/lotteries/new":                {"", sees, "", ""},
	"POST /coffee/lotteries":                   {"title=", "Li.iiiiii", "", ""},
	"GET /coffee/lotteries/{id}":               {"", sees, hidden, nobody},
	"POST /coffee/lotteries/{id}/entry":        {"do=in", "Ls.sissss", "L..sis...", nobody},
	"POST /coffee/lotteries/{id}/cancellation": {"", "L3.3ss3ss", "L..3ss...", nobody},
	"GET /coffee/avoid":                        {"", signedIn, "", ""},
	"POST /coffee/avoid":                       {"person=", "Liiiiiiii", "", ""},
	"POST /coffee/lunch":                       {"do=now", "Li.iiiiii", "", ""},
	"GET /coffee/kept":                         {"", signedIn, "", ""},
	"POST /coffee/kept/{id}/removal":           {"", "L...s....", "", nobody},
	"GET /coffee/pairs/{id}":                   {"", "L..22....", "", nobody},
	"GET /coffee/pairs/{id}/meeting":           {"", "L..22....", "", nobody},
	"POST /coffee/pairs/{id}/meeting":          {"slot=own&day=2027-05-04&time=10:00&minutes=30", "L..ss....", "", nobody},
	"POST /coffee/pairs/{id}/confirmation":     {"met=yes", "L..ss....", "", nobody},
	"POST /coffee/pairs/{id}/words":            {"to={other}&words=Good", "L..is....", "", nobody},

	"GET /api/v1/coffee/groups":                    {"", signedIn, "", ""},
	"POST /api/v1/coffee/groups":                   {`{"name":"","every":"week","size":2,"mixing":"mixed"}`, "Liiiiiiii", "", ""},
	"GET /api/v1/coffee/groups/{id}":               {"", sees, hidden, nobody},
	"DELETE /api/v1/coffee/groups/{id}":            {"", "L3.3nn3nn", "L..3nn...", nobody},
	"PUT /api/v1/coffee/groups/{id}/membership":    {"", "Ln.nnnnnn", "L..nnn...", nobody},
	"DELETE /api/v1/coffee/groups/{id}/membership": {"", "Ln.nnnnnn", "L..nnn...", nobody},
	"PUT /api/v1/coffee/groups/{id}/snooze":        {`{"rounds":1}`, "Ln.nnnnnn", "L..nnn...", nobody},
	"POST /api/v1/coffee/groups/{id}/rounds":       {"", "L3.3nn3nn", "L..3nn...", nobody},
	"PUT /api/v1/coffee/groups/{id}":               {`{"name":"Tea","every":"week","size":2,"mixing":"mixed"}`, "L3.3nn3nn", "L..3nn...", nobody},
	"GET /api/v1/coffee/pairs":                     {"", signedIn, "", ""},
	"GET /api/v1/coffee/pairs/{id}":                {"", "L..22....", "", nobody},
	"PUT /api/v1/coffee/pairs/{id}/confirmation":   {`{"met":"yes"}`, "L..nn....", "", nobody},
	"POST /api/v1/coffee/pairs/{id}/words":         {`{"to":"{other}","words":"Good"}`, "L..in....", "", nobody},
	"GET /api/v1/coffee/pairs/{id}/slots":          {"", "L..22....", "", nobody},
	"POST /api/v1/coffee/pairs/{id}/meeting":       {`{"title":"Coffee","starts_at":"2027-05-04T10:00:00Z","ends_at":"2027-05-04T11:00:00Z","time_zone":"UTC"}`, "L..cc....", "", nobody},
	"GET /api/v1/coffee/kept":                      {"", signedIn, "", ""},
	"DELETE /api/v1/coffee/kept/{id}":              {"", "L...n....", "", nobody},
	"GET /api/v1/coffee/hours":                     {"", signedIn, "", ""},
	"GET /api/v1/coffee/hours/{id}":                {"", sees, hidden, nobody},
	"POST /api/v1/coffee/hours":                    {`{"title":"","starts_at":"2027-05-04T10:00:00Z","every_days":7,"minutes":20,"seats":2}`, "Liiiiiiii", "", ""},
	"DELETE /api/v1/coffee/hours/{id}":             {"", "L3.3n3333", "L..3n3...", nobody},
	"POST /api/v1/coffee/hours/{id}/bookings":      {`{"starts_at":"2026-01-01T10:00:00Z"}`, "Li.iiiiii", "L..iii...", nobody},
	"GET /api/v1/coffee/lotteries":                 {"", signedIn, "", ""},
	"GET /api/v1/coffee/lotteries/{id}":            {"", sees, hidden, nobody},
	"POST /api/v1/coffee/lotteries":                {`{"title":"","starts_at":"2027-05-04T10:00:00Z","minutes":60,"seats":2}`, "Li.iiiiii", "", ""},
	"DELETE /api/v1/coffee/lotteries/{id}":         {"", "L3.3nn3nn", "L..3nn...", nobody},
	"PUT /api/v1/coffee/lotteries/{id}/entry":      {"", "Ln.ninnnn", "L..nin...", nobody},
	"DELETE /api/v1/coffee/lotteries/{id}/entry":   {"", "Ln.ninnnn", "L..nin...", nobody},
	"GET /api/v1/coffee/avoid":                     {"", signedIn, "", ""},
	"POST /api/v1/coffee/avoid":                    {`{"person":""}`, "Liiiiiiii", "", ""},
	"DELETE /api/v1/coffee/avoid/{id}":             {"", "Lnnnnnnnn", "", ""},
	"PUT /api/v1/coffee/lunch":                     {"", "Li.iiiiii", "", ""},
	"DELETE /api/v1/coffee/lunch":                  {"", "Lnnnnnnnn", "", ""},

	"GET /swaps":                  {"", sees, "", ""},
	"POST /swaps":                 {"with={mia}&lessons=99&minutes=45&format=online", "Li.siiiii", "", ""},
	"GET /swaps/new":              {"", "Ls.ssssss", "", ""},
	"GET /swaps/offers":           {"", sees, "", ""},
	"GET /swaps/past":             {"", sees, "", ""},
	"GET /swaps/hours":            {"", sees, "", ""},
	"GET /swaps/choices":          {"", sees, "", ""},
	"POST /swaps/choices":         {"lessons=99", "Li.iiiiii", "", ""},
	"GET /swaps/rounds":           {"", "L......22", "", ""},
	"POST /swaps/rounds":          {"", "L......ss", "", ""},
	"POST /swaps/rules":           {"longest=9", "L......ii", "", ""},
	"GET /swaps/{id}":             {"", "L..22....", "", nobody},
	"POST /swaps/{id}/answer":     {"answer=yes", "L..ss....", "", nobody},
	"POST /swaps/{id}/withdrawal": {"", "L..3s....", "", nobody},
	"GET /swaps/{id}/changes/new": {"", "L..2s....", "", nobody},
	"POST /swaps/{id}/changes":    {"version=1&teach={dye}&learn={weave}&lessons=2&minutes=30&format=online", "L..s9....", "", nobody},
	"GET /swaps/{id}/leaving":     {"", "L..22....", "", nobody},
	"POST /swaps/{id}/leaving":    {"why=time", "L..ss....", "", nobody},
	"GET /swaps/{id}/lessons/new": {"", "L..22....", "", nobody},
	"POST /swaps/{id}/lessons":    {"teacher={ben}&slot=own&day=2027-05-04&time=10:00&minutes=30", "L..ss....", "", nobody},
	"POST /swaps/{id}/thanks":     {"lesson={lesson}&words=Now+I+can+thread+it", "L..ss....", "", nobody},
	"GET /teachings/{id}":         {"", sees, "", nobody},

	"GET /api/v1/swaps":                     {"", signedIn, "", ""},
	"POST /api/v1/swaps":                    {`{"to":"0000000000001","learn":"x","lessons":1,"minutes":45,"format":"online"}`, nobody, "", ""},
	"GET /api/v1/swaps/{id}":                {"", "L..22....", "", nobody},
	"DELETE /api/v1/swaps/{id}":             {"", "L..3n....", "", nobody},
	"GET /api/v1/swaps/{id}/lessons/slots":  {"", "L..22....", "", nobody},
	"GET /api/v1/swap-rules":                {"", "L......22", "", ""},
	"PUT /api/v1/swap-rules":                {`{"longest":3,"weeks":2,"days":4,"credit":0}`, "L......nn", "", ""},
	"PUT /api/v1/swaps/{id}/answer":         {`{"answer":"yes"}`, "L..nn....", "", nobody},
	"GET /api/v1/swaps/{id}/changes":        {"", "L..22....", "", nobody},
	"POST /api/v1/swaps/{id}/changes":       {`{"version":1,"teach":"{dye}","learn":"{weave}","lessons":2,"minutes":30,"format":"online"}`, "L..c9....", "", nobody},
	"DELETE /api/v1/swaps/{id}/membership":  {"", "L..nn....", "", nobody},
	"GET /api/v1/swaps/{id}/lessons":        {"", "L..22....", "", nobody},
	"POST /api/v1/swaps/{id}/lessons":       {`{"teacher":"{ben}","starts_at":"2027-05-04T10:00:00Z","ends_at":"2027-05-04T11:00:00Z","time_zone":"UTC"}`, "L..cc....", "", nobody},
	"PUT /api/v1/swaps/{id}/thanks":         {`{"lesson":"{lesson}","words":"Now I can thread it"}`, "L..nn....", "", nobody},
	"GET /api/v1/swap-offers":               {"", sees, "", ""},
	"GET /api/v1/swap-hours":                {"", sees, "", ""},
	"GET /api/v1/swap-fits":                 {"", sees, "", ""},
	"GET /api/v1/swap-wishes":               {"", sees, "", ""},
	"GET /api/v1/teachings/{id}":            {"", sees, "", nobody},
	"GET /api/v1/swap-choices":              {"", sees, "", ""},
	"PUT /api/v1/swap-choices":              {`{"rounds":true,"format":"online","lessons":2,"minutes":45}`, "Ln.nnnnnn", "", ""},
	"GET /api/v1/swap-rounds":               {"", "L......22", "", ""},
	"POST /api/v1/swap-rounds":              {"", "L......c9", "", ""},
	"GET /team-hours":                       {"", signedIn, "", ""},
	"POST /team-hours":                      {"title=", "L3333iiii", "", ""},
	"POST /team-hours/joining":              {"code=", "Li.iiiiii", "", ""},
	"GET /team-hours/{id}":                  {"", "L..22....", "", nobody},
	"POST /team-hours/{id}/entries":         {"kind=show&name=Looms&level=2", "L..ss....", "", nobody},
	"POST /team-hours/{id}/entries/{entry}": {"do=share", "L..3s....", "", nobody},
	"POST /team-hours/{id}/step":            {"to=1", "L..3s....", "", nobody},
	"POST /team-hours/{id}/closing":         {"", "L..3s....", "", nobody},
	"POST /team-hours/{id}/swaps":           {"own={own}&asked={asked}", "L..3s....", "", nobody},
	"POST /team-hours/{id}/swaps/{swap}":    {"answer=no", "L..ss....", "", nobody},
	"GET /team-hours/{id}/screen":           {"", "L..22....", "", nobody},
	"GET /team-hours/{id}/cards":            {"", "L..22....", "", nobody},
	"GET /team-hours/{id}/meetings/new":     {"", "L..ss....", "", nobody},
	"POST /team-hours/{id}/meetings":        {"with={mia}&slot=own&day=2027-05-04&time=10:00&minutes=30", "L...s....", "", nobody},
	"GET /api/v1/team-hours":                {"", signedIn, "", ""},
	"GET /api/v1/team-hours/{id}":           {"", "L..22....", "", nobody},
	"POST /api/v1/team-hours/{id}/entries":  {`{"kind":"show","name":"Looms","level":2,"shown":true}`, "L..nn....", "", nobody},

	"GET /api/v1/team-hours/{id}/people/{person}/slots": {"", "L...2....", "", nobody},
	"POST /api/v1/team-hours/{id}/meetings":             {`{"with":"{mia}","title":"Talk","starts_at":"2027-05-04T10:00:00Z","ends_at":"2027-05-04T11:00:00Z","time_zone":"UTC"}`, "L...c....", "", nobody},
	"POST /api/v1/team-hours":                           {`{"title":""}`, "L3333iiii", "", ""},
	"POST /api/v1/team-hours/joining":                   {`{"code":"none"}`, "Li.iiiiii", "", ""},
	"PUT /api/v1/team-hours/{id}/step":                  {`{"step":"show"}`, "L..3n....", "", nobody},
	"POST /api/v1/team-hours/{id}/closing":              {"", "L..3n....", "", nobody},
	"PUT /api/v1/team-hours/{id}/entries/{entry}":       {`{"state":"shared"}`, "L..3n....", "", nobody},
	"GET /api/v1/team-hours/{id}/swaps":                 {"", "L..22....", "", nobody},
	"POST /api/v1/team-hours/{id}/swaps":                {`{"own":"{own}","asked":"{asked}"}`, "L..3n....", "", nobody},
	"PUT /api/v1/team-hours/{id}/swaps/{swap}":          {`{"answer":"no"}`, "L..22....", "", nobody},
	"DELETE /api/v1/team-hours/{id}/entries/{entry}":    {"", "L..3n....", "", nobody},

	"GET /welcome":                              {"", sees, "", ""},
	"POST /welcome/away":                        {"", "Ls.ssssss", "", ""},
	"GET /api/v1/first-week":                    {"", sees, "", ""},
	"DELETE /api/v1/first-week":                 {"", "Ln.nnnnnn", "", ""},
	"GET /echoes":                               {"", signedIn, "", ""},
	"POST /echoes/off":                          {"", does, "", ""},
	"GET /echoes/totals":                        {"", "L3.332322", "", ""},
	"GET /echoes/{id}":                          {"", "L..22....", "", nobody},
	"POST /echoes/{id}":                         {"said=used&words=Twice", "L..3s....", "", nobody},
	"GET /echo/{token}":                         {"", everybody, "", "........."},
	"POST /echo/{token}":                        {"said=used", everybody, "", "........."},
	"GET /api/v1/echoes":                        {"", signedIn, "", ""},
	"GET /api/v1/echoes/{id}":                   {"", "L..22....", "", nobody},
	"PUT /api/v1/echoes/{id}/answer":            {`{"said":"used"}`, "L..3n....", "", nobody},
	"DELETE /api/v1/echoes/{id}":                {"", "L...n....", "", nobody},
	"GET /api/v1/echo-totals":                   {"", "L3.332322", "", ""},
	"GET /api/v1/meetings":                      {"", signedIn, "", ""},
	"GET /api/v1/meetings/{id}":                 {"", sees, hidden, ""},
	"PUT /api/v1/meetings/{id}":                 {`{"title":"Talk","starts_at":"2027-05-04T10:00:00Z","ends_at":"2027-05-04T11:00:00Z","time_zone":"UTC"}`, "L3.nn3333", "L..nn3...", ""},
	"DELETE /api/v1/meetings/{id}":              {"", "L3.nn3333", "L..nn3...", ""},
	"GET /api/v1/meetings/{id}/slots":           {"", "L3.223333", "L..223...", ""},
	"PUT /api/v1/meetings/{id}/answer":          {`{"answer":"no"}`, "L3.nn3333", "L..nn3...", ""},
	"PUT /api/v1/meetings/{id}/confirmation":    {`{"met":"yes"}`, "L3.nn3333", "L..nn3...", ""},
	"POST /api/v1/calendar-feed":                {"", "Lcccccccc", "", ""},
	"GET /api/v1/calendar-feed":                 {"", signedIn, "", ""},
	"DELETE /api/v1/calendar-feed":              {"", "Lnnnnnnnn", "", ""},
	"GET /api/v1/notices":                       {"", signedIn, "", ""},
	"GET /api/v1/notices/choices":               {"", signedIn, "", ""},
	"PUT /api/v1/notices/choices":               {`{"choices":[]}`, "Lnnnnnnnn", "", ""},
	"GET /api/v1/units":                         {"", signedIn, "", ""},
	"GET /api/v1/sites":                         {"", signedIn, "", ""},
	"GET /api/v1/people/chart":                  {"", sees, "", ""},
	"PUT /api/v1/notices/read":                  {"", "Lnnnnnnnn", "", ""},
	"GET /api/v1/questions":                     {"", signedIn, "", ""},
	"POST /api/v1/questions":                    {`{"title":""}`, "Liiiiiiii", "", ""},
	"GET /api/v1/questions/{id}":                {"", sees, hidden, nobody},
	"PUT /api/v1/questions/{id}":                {`{"title":"How is it done better?","body":"x"}`, "L3.3nn3nn", "L..3nn...", nobody},
	"DELETE /api/v1/questions/{id}":             {"", "L3.39n3nn", "L..39n...", nobody},
	"POST /api/v1/questions/{id}/answers":       {`{"body":"So"}`, "Lc.cccccc", "L..ccc...", nobody},
	"POST /api/v1/questions/{id}/comments":      {`{"body":"Hm"}`, "Lc.cccccc", "L..ccc...", nobody},
	"PUT /api/v1/questions/{id}/acceptance":     {`{"answer":"{answer}"}`, "L3.3nn3nn", "L..3nn...", nobody},
	"DELETE /api/v1/questions/{id}/acceptance":  {"", "L3.3nn3nn", "L..3nn...", nobody},
	"POST /api/v1/questions/{id}/pass":          {"", "Ln.nnnnn9", "L..nnn...", nobody},
	"POST /api/v1/questions/{id}/forwarding":    {`{"person":"{max}"}`, "L3.33333n", "L..333...", nobody},
	"POST /api/v1/questions/{id}/nobody":        {`{"words":"Nobody here does"}`, "L3.33333n", "L..333...", nobody},
	"PUT /api/v1/questions/{id}/me-too":         {"", "Ln.n9nnnn", "L..n9n...", nobody},
	"DELETE /api/v1/questions/{id}/me-too":      {"", "Ln.n9nnnn", "L..n9n...", nobody},
	"PUT /api/v1/questions/{id}/following":      {"", "Ln.nnnnnn", "L..nnn...", nobody},
	"DELETE /api/v1/questions/{id}/following":   {"", "Ln.nnnnnn", "L..nnn...", nobody},
	"PUT /api/v1/questions/{id}/bookmark":       {"", "Ln.nnnnnn", "L..nnn...", nobody},
	"DELETE /api/v1/questions/{id}/bookmark":    {"", "Ln.nnnnnn", "L..nnn...", nobody},
	"GET /api/v1/ageing":                        {"", signedIn, "", ""},
	"POST /api/v1/files":                        {`{"name":"loom.txt","content":"d2FycA=="}`, "Lc.cccccc", "", ""},
	"GET /api/v1/files/{id}":                    {"", sees, hidden, nobody},
	"POST /api/v1/files/content":                {"", "Liiiiiiii", "", ""}, // it has no name
	"GET /api/v1/files/{id}/content":            {"", sees, hidden, nobody},
	"GET /api/v1/today":                         {"", signedIn, "", ""},
	"GET /api/v1/questions/similar":             {"", "Liiiiiiii", "", ""},
	"GET /api/v1/questions/{id}/desk":           {"", "L3.333332", "L..333...", nobody},
	"GET /api/v1/questions/{id}/history":        {"", sees, hidden, nobody},
	"GET /api/v1/answers/{id}/history":          {"", sees, hidden, nobody},
	"PUT /api/v1/questions/{id}/state":          {`{"state":"obsolete","why":"Long gone"}`, "L3.3nn3nn", "L..3nn...", nobody},
	"PUT /api/v1/answers/{id}/state":            {`{"state":"obsolete","why":"Long gone"}`, "L3.3nn3nn", "L..3nn...", nobody},
	"PUT /api/v1/questions/{id}/verification":   {"", "L9.999999", "L..999...", nobody}, // nothing is accepted yet
	"PUT /api/v1/comments/{id}":                 {`{"body":"Well"}`, "L3.3nn3nn", "L..3nn...", nobody},
	"DELETE /api/v1/comments/{id}":              {"", "L3.3nn3nn", "L..3nn...", nobody},
	"PUT /api/v1/answers/{id}/verification":     {"", "Ln.nnnnnn", "L..nnn...", nobody},
	"PUT /api/v1/people/{id}/following":         {"", "Ln.n9nnnn", "", nobody},
	"DELETE /api/v1/people/{id}/following":      {"", "Ln.n9nnnn", "", nobody},
	"PUT /api/v1/skills/{id}/following":         {"", "Ln.nnnnnn", "", ""},
	"DELETE /api/v1/skills/{id}/following":      {"", "Ln.nnnnnn", "", ""},
	"PUT /api/v1/answers/{id}":                  {`{"body":"Better so"}`, "L3.3nn3nn", "L..3nn...", nobody},
	"DELETE /api/v1/answers/{id}":               {"", "L3.3nn3nn", "L..3nn...", nobody},
	"PUT /api/v1/answers/{id}/useful":           {"", "Ln.n9nnnn", "L..n9n...", nobody},
	"DELETE /api/v1/answers/{id}/useful":        {"", "Ln.n9nnnn", "L..n9n...", nobody},
	"GET /api/v1/experts":                       {"", "Liiiiiiii", "", ""},
	"GET /api/v1/search":                        {"", "Liiiiiiii", "", ""},
	"GET /api/v1/people":                        {"", signedIn, "", ""},
	"GET /api/v1/people/{id}":                   {"", sees, "", nobody},
	"GET /api/v1/me":                            {"", signedIn, "", ""},
	"PUT /api/v1/me":                            {`{"name":"","weekly_budget":1}`, "Liiiiiiii", "", ""},
	"POST /api/v1/me/skills":                    {`{"skill":"","direction":"teach","level":1}`, "Liiiiiiii", "", ""},
	"DELETE /api/v1/me/skills/{direction}/{id}": {"", "Lnnnnnnnn", "", "Lnnnnnnnn"},
	"GET /api/v1/me/receipts":                   {"", signedIn, "", ""},
	"PUT /api/v1/me/receipts/{id}/hiding":       {"", "L...n....", "L...n....", nobody},
	"DELETE /api/v1/me/receipts/{id}/hiding":    {"", "L...n....", "L...n....", nobody},
	"POST /api/v1/people/{id}/vouches":          {`{"skill":"weaving","note":"Mended the big loom in a night"}`, "Lc.c3cccc", "", nobody},
	"DELETE /api/v1/endorsements/{id}":          {"", "L3.3n3n33", "", nobody},
	"GET /api/v1/people/{id}/vouches":           {"", sees, "", nobody},
	"GET /api/v1/endorsements/{id}":             {"", sees, hidden, nobody},
	"GET /api/v1/people/{id}/picture":           {"", sees, "", nobody},
	"PUT /api/v1/me/picture":                    {"no picture", "Liiiiiiii", "", ""},
	"DELETE /api/v1/me/picture":                 {"", "Lnnnnnnnn", "", ""},
	"GET /api/v1/me/sign-in":                    {"", signedIn, "", ""},
	"PUT /api/v1/me/secrets/{kind}":             {`{"new":"gnu violin tractor"}`, "L33333333", "", ""}, // by a token
	"GET /api/v1/me/preferences":                {"", signedIn, "", ""},
	"PUT /api/v1/me/preferences":                {`{"time_zone":"","locale":""}`, "Lnnnnnnnn", "", ""},
	"GET /api/v1/profiles":                      {"", sees, "", ""},
	"GET /api/v1/me/claims":                     {"", sees, "", ""},
	"POST /api/v1/me/claims":                    {`{"profile":"7zzzzzzzzzzzz"}`, nobody, "", ""},
	"DELETE /api/v1/me/claims/{id}":             {"", "L...n....", "", nobody},
	"GET /api/v1/claims":                        {"", admins, "", ""},
	"PUT /api/v1/claims/{id}/approval":          {"", "L.......n", "", nobody},
	"DELETE /api/v1/claims/{id}/approval":       {"", "L.......9", "", nobody},
	"PUT /api/v1/claims/{id}/refusal":           {"", "L.......n", "", nobody},
	"GET /api/v1/skills":                        {"", signedIn, "", ""},
	"GET /api/v1/skills/{id}":                   {"", sees, "", ""},
	"GET /api/v1/me/logins":                     {"", signedIn, "", ""},
	"DELETE /api/v1/me/logins":                  {"", "Lnnnnnnnn", "", ""},
	"DELETE /api/v1/me/logins/{id}":             {"", "L...n....", "", nobody},
	"GET /api/v1/me/tokens":                     {"", signedIn, "", ""},
	"POST /api/v1/me/tokens":                    {`{"label":"x"}`, "Lcccccccc", "", ""},
	"DELETE /api/v1/me/tokens/{id}":             {"", "L...n....", "", nobody},

	"GET /api/v1/admin/people":                   {"", admins, "", ""},
	"GET /api/v1/admin/people/{id}":              {"", admins, "", admins},
	"PUT /api/v1/admin/people/{id}/role":         {`{"role":"member"}`, "L.......n", "", nobody},
	"DELETE /api/v1/admin/people/{id}/logins":    {"", "L.......n", "", ""},
	"POST /api/v1/admin/invitations":             {`{"people":[],"role":"member"}`, "L.......i", "", ""},
	"POST /api/v1/admin/people/invitations":      {`{"people":[]}`, "L.......i", "", ""},
	"POST /api/v1/admin/people/cards":            {`{"people":[]}`, "L.......i", "", ""},
	"GET /api/v1/admin/audit":                    {"", admins, "", ""},
	"GET /api/v1/admin/organisation":             {"", admins, "", ""},
	"PUT /api/v1/admin/organisation":             {`{"name":"Mill","time_zone":"Europe/Lisbon"}`, "L.......n", "", ""},
	"GET /api/v1/admin/practices":                {"", admins, "", ""},
	"PUT /api/v1/admin/practices":                {`{"on":["mentoring","coffee","swaps","echo","welcome","teamhour"]}`, "L.......n", "", ""},
	"GET /api/v1/admin/questions":                {"", admins, "", ""},
	"PUT /api/v1/admin/questions":                {`{"desk":[],"hours":[0]}`, "L.......i", "", ""},
	"GET /api/v1/admin/mail":                     {"", admins, "", ""},
	"PUT /api/v1/admin/mail":                     {`{"host":"","port":25,"tls":"none","from":""}`, "L.......i", "", ""},
	"DELETE /api/v1/admin/mail":                  {"", "L.......n", "", ""},
	"POST /api/v1/admin/mail/test":               {`{"server":{"host":"","port":25,"tls":"none","from":""},"to":""}`, "L.......i", "", ""},
	"POST /api/v1/admin/mail/release":            {"", "L.......n", "", ""},
	"POST /api/v1/admin/mail/retries":            {"", "L.......n", "", ""},
	"DELETE /api/v1/admin/mail/refused":          {"", "L.......n", "", ""},
	"POST /api/v1/admin/set-up/end":              {"", "L.......n", "", ""},
	"GET /api/v1/admin/sites":                    {"", admins, "", ""},
	"POST /api/v1/admin/sites":                   {`{"name":"","time_zone":"UTC","days":[]}`, "L.......i", "", ""},
	"PUT /api/v1/admin/sites/{id}":               {`{"name":"{site}","time_zone":"Europe/Lisbon","days":[]}`, "L.......n", "", nobody},
	"POST /api/v1/admin/import":                  {`{"text":"Name,Number\nNora,7\n","mapping":"x"}`, "L.......i", "", ""},
	"POST /api/v1/admin/import/file":             {"Name\n", "L.......2", "", ""},
	"POST /api/v1/admin/skill-lists":             {"", "L.......i", "", ""},
	"GET /api/v1/admin/skill-lists/{id}":         {"", admins, "", nobody},
	"POST /api/v1/admin/skill-lists/{id}/import": {"", "L.......9", "", nobody}, // the preview is not done yet
	"POST /api/v1/people/{id}/departure":         {"", "L.......n", "", ""},
	"PUT /api/v1/skills/{id}":                    {`{"kind":"skill","name":"weaving"}`, "L.......n", "", ""},
	"POST /api/v1/skills/{id}/merge":             {`{"into":"{self}"}`, "L.......i", "", ""},
	"PUT /api/v1/skills/{id}/deprecation":        {"", "L.......n", "", ""},
	"DELETE /api/v1/skills/{id}/deprecation":     {"", "L.......n", "", ""},

	"GET /api/v1/programmes":                          {"", signedIn, "", ""},
	"GET /api/v1/programmes/{id}":                     {"", sees, "", ""},
	"PUT /api/v1/programmes/{id}/enrolment":           {`{"role":"mentee","skills":["weaving"]}`, "Ln.nnnnnn", "", ""},
	"DELETE /api/v1/programmes/{id}/enrolment":        {"", "Ln.nnnnnn", "", ""},
	"GET /api/v1/programmes/{id}/suggestions":         {"", "L9.299999", "", ""},
	"POST /api/v1/programmes/{id}/requests":           {`{"mentor":"{mentor}","words":"Please"}`, "L9.c99999", "", ""},
	"POST /api/v1/programmes":                         {`{"template":"women","name":"Women who lead"}`, "L333333cc", "", ""},
	"POST /api/v1/programmes/{id}/end":                {"", "L3.3333nn", "", ""},
	"GET /api/v1/programmes/{id}/enrolments":          {"", organisersOnly, "", ""},
	"GET /api/v1/programmes/{id}/joiners":             {"", organisersOnly, "", ""},
	"POST /api/v1/programmes/{id}/runs":               {`{}`, "L3.3333cc", "", ""},
	"GET /api/v1/programmes/{id}/run":                 {"", organisersOnly, "", ""},
	"GET /api/v1/programmes/{id}/proposals":           {"", organisersOnly, "", ""},
	"GET /api/v1/programmes/{id}/choices/{person}":    {"", organisersOnly, "", ""},
	"PUT /api/v1/programmes/{id}/rules":               {`{"mentee":"{mentee}","mentor":"{mentor}","kind":"apart"}`, "L3.3333nn", "", ""},
	"POST /api/v1/programmes/{id}/publication":        {`{"run":"{run}"}`, "L3.3333nn", "", ""},
	"GET /api/v1/programmes/{id}/health":              {"", organisersOnly, "", ""},
	"GET /api/v1/mentorships":                         {"", signedIn, "", ""},
	"GET /api/v1/mentorships/{id}":                    {"", "", membersOnly, ""},
	"DELETE /api/v1/mentorships/{id}/membership":      {"", "", "L..99....", ""},
	"GET /api/v1/mentorships/{id}/certificate":        {"", "", membersOnly, ""},
	"PUT /api/v1/mentorships/{id}/answer":             {`{"yes":true}`, "", "L..nn....", ""},
	"POST /api/v1/mentorships/{id}/goals":             {`{"words":"Weave","before":1}`, "", "L..cc....", ""},
	"GET /api/v1/mentorships/{id}/promises":           {"", "", membersOnly, ""},
	"POST /api/v1/mentorships/{id}/promises":          {`{"words":"Weave"}`, "", "L..cc....", ""},
	"PUT /api/v1/mentorships/{id}/talks/{talk}":       {`{"answer":3}`, "", membersOnly, ""},
	"GET /api/v1/programmes/{id}/enrolment":           {"", "L..22....", "", ""},
	"PUT /api/v1/mentorships/{id}/agreement":          {`{"agreement":"Weekly"}`, "", "L..nn....", ""},
	"PUT /api/v1/mentorships/{id}/goals/{goal}":       {`{"state":"reached","after":2}`, "", "L...n....", ""},
	"PUT /api/v1/mentorships/{id}/promises/{promise}": {`{"kept":true}`, "", "L...n....", ""},
	"PUT /api/v1/mentorships/{id}/pulse":              {`{"day":30,"answer":4}`, "", "L..nn....", ""},
	"GET /api/v1/mentorships/{id}/slots":              {"", "", membersOnly, ""},
	"POST /api/v1/mentorships/{id}/meetings":          {`{"title":"Talk","starts_at":"2027-05-04T10:00:00Z","ends_at":"2027-05-04T11:00:00Z","time_zone":"UTC"}`, "", "L..cc....", ""},
	"POST /api/v1/mentorships/{id}/closing":           {`{"outcome":"Done"}`, "", "L..nn....", ""},
	"GET /api/v1/me/keys":                             {"", signedIn, "", ""},
	"POST /api/v1/me/keys":                            {`{"public":"","sealed":""}`, "Liiiiiiii", "", ""},
	"PUT /api/v1/me/keys/{id}":                        {`{"sealed":"{blob}"}`, "L...n....", "", nobody},
	"GET /api/v1/mentorships/{id}/notes":              {"", "", membersOnly, ""},
	"POST /api/v1/mentorships/{id}/notes":             {`{"name":"{name}","version":1,"key":"{key}","sealed":"{blob}","boxes":[{"for":"{key}","sealed":"{box}"}]}`, "", "L..9c....", ""},
	"PUT /api/v1/mentorships/{id}/notes/{note}":       {`{"version":2,"key":"{key}","sealed":"{blob}","boxes":[{"for":"{key}","sealed":"{box}"}]}`, "", "L..3n....", ""},
	"DELETE /api/v1/mentorships/{id}/notes/{note}":    {"", "", "L..3n....", ""},
	"POST /api/v1/mentorships/{id}/notes/boxes":       {`{"key":"{key}","boxes":[{"note":"{note}","version":1,"for":"{other}","sealed":"{box}"}]}`, "", "L..9n....", ""},
	"GET /mentoring":                                  {"", signedIn, "", ""},
	"POST /mentoring":                                 {"template=women&name=", "L333333ii", "", ""},
	"GET /mentoring/new":                              {"", "L33333322", "", ""},
	"GET /mentoring/{id}":                             {"", sees, "", ""},
	"GET /mentoring/{id}/enrolment":                   {"", sees, "", ""},
	"POST /mentoring/{id}/enrolment":                  {"role=mentee&skills=weaving", acts, "", ""},
	"POST /mentoring/{id}/withdrawal":                 {"", acts, "", ""},
	"GET /mentoring/{id}/people":                      {"", organisersOnly, "", ""},
	"GET /mentoring/{id}/joiners":                     {"", organisersOnly, "", ""},
	"GET /mentoring/{id}/choosing":                    {"", "L9.299999", "", ""},
	"POST /mentoring/{id}/requests":                   {"mentor={mentor}&words=Please", "L9.s99999", "", ""},
	"GET /mentoring/{id}/pairing":                     {"", organisersOnly, "", ""},
	"POST /mentoring/{id}/pairing":                    {"weight_skills=5", "L3.3333ss", "", ""},
	"GET /mentoring/{id}/pairing/{person}":            {"", organisersOnly, "", ""},
	"POST /mentoring/{id}/rules":                      {"mentee={mentee}&mentor={mentor}&kind=apart", "L3.3333ss", "", ""},
	"POST /mentoring/{id}/publication":                {"run={run}", "L3.3333ss", "", ""},
	"GET /mentoring/{id}/health":                      {"", organisersOnly, "", ""},
	"POST /mentoring/{id}/end":                        {"", "L3.3333ss", "", ""},
	"GET /mentorships/{id}":                           {"", "", membersOnly, ""},
	"POST /mentorships/{id}/answer":                   {"answer=yes", "", "L..ss....", ""},
	"POST /mentorships/{id}/agreement":                {"agreement=Weekly", "", "L..ss....", ""},
	"POST /mentorships/{id}/goals":                    {"words=Weave&before=1", "", "L..ss....", ""},
	"POST /mentorships/{id}/goals/{goal}":             {"state=reached&after=2", "", own2, ""},
	"POST /mentorships/{id}/promises":                 {"promise=Weave", "", "L..ss....", ""},
	"POST /mentorships/{id}/promises/{promise}":       {"kept=1", "", own2, ""},
	"POST /mentorships/{id}/pulse":                    {"day=30&answer=4", "", "L..ss....", ""},
	"POST /mentorships/{id}/talks":                    {"meeting={talk}&answer=3", "", "L..ss....", ""},
	"GET /mentorships/{id}/notes":                     {"", "", membersOnly, ""},
	"GET /mentorships/{id}/meetings/new":              {"", "", membersOnly, ""},
	"POST /mentorships/{id}/meetings":                 {"title=Talk&slot=own&day=2027-05-04&time=10:00&minutes=30", "", "L..ss....", ""},
	"GET /mentorships/{id}/certificate":               {"", "", membersOnly, ""},
	"GET /mentorships/{id}/closing":                   {"", "", membersOnly, ""},
	"POST /mentorships/{id}/closing":                  {"outcome=Done", "", "L..ss....", ""},
	"POST /mentorships/{id}/leaving":                  {"", "", "L..99....", ""}, // one of two closes it
}

// rows of the table.
const (
	visible   = "visible"
	invisible = "invisible"
	erased    = "deleted"
)

// letter is the letter of an answer. Only 404s with the body of nonsense are
// ".", others are "?".
func (g *guild) letter(who, method, pattern, n, body string) (byte, string) {
	g.Helper()
	fill := func(n string) string {
		out := strings.NewReplacer("{$}", "", "{id}", n, "{token}", n, "{direction}", "teach", "{kind}", "password", "{hash}", n).Replace(pattern)
		for from, to := range g.places {
			out = strings.ReplaceAll(out, from, to)
		}
		return out
	}
	code, page, to := g.ask(who, method, fill(n), body)
	switch code {
	case 200:
		return '2', page
	case 201:
		return 'c', page
	case 204:
		return 'n', page
	case 303:
		if at, _, _ := strings.Cut(to, "?"); at == "/login" && pattern != "/logout" {
			return 'L', to
		}
		return 's', to
	case 401:
		return 'L', page
	case 403:
		return '3', page
	case 404:
		nonsense := "7zzzzzzzzzzzz"
		other, same, _ := g.ask(who, "GET", "/nothing/"+nonsense, "")
		if strings.HasPrefix(pattern, "/api/") {
			other, same, _ = g.ask(who, method, fill(nonsense), body)
			if !strings.Contains(pattern, "{id}") {
				same = page
			}
		}
		if other != 404 || unlike(page, n, nonsense) != unlike(same, n, nonsense) {
			return '?', page + "\n\nnonsense:\n" + same
		}
		if method == "GET" {
			// What may not be seen has no list to go on with.
			const bad = "?cursor=%21&before=%21&after=%21"
			if code, said, _ := g.ask(who, method, fill(n)+bad, ""); code != 404 || unlike(said, n, nonsense, bad) != unlike(same, n, nonsense) {
				return '?', "with a bad cursor " + strconv.Itoa(code) + "\n" + said + "\n\nnonsense:\n" + same
			}
		}
		return '.', page
	case 409:
		return '9', page
	case 410:
		return 'g', page
	case 422:
		return 'i', page
	case 503:
		return 'u', page
	}
	return '?', page
}

var requestID = regexp.MustCompile(`\b[0-9a-f]{16}\b`)

// unlike takes from a page what differs from request to request.
func unlike(page string, ids ...string) string {
	for _, n := range ids {
		if n != "" {
			page = strings.ReplaceAll(page, n, "")
		}
	}
	page = regexp.MustCompile(`(?:to|next)=[^"&]*|action="[^"]*"|name="to" value="[^"]*"`).ReplaceAllString(page, "")
	return requestID.ReplaceAllString(page, "")
}

func TestEveryRouteIsInTheTableOfPermissions(t *testing.T) {
	h, err := Build(context.Background(), Config{}, dbtest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, r := range h.every() {
		there[r.Pattern] = true
	}
	for _, o := range h.newAPI(http.NewServeMux()).Operations() {
		there[o.Method+" "+o.Path] = true
	}
	for p := range there {
		if _, ok := permissions[p]; !ok {
			t.Errorf("%s has no line: write down who may what in permissions", p)
		}
	}
	for p, l := range permissions {
		if !there[p] {
			t.Errorf("%s is in the table and nowhere else", p)
		}
		for _, row := range []string{l.visible, l.invisible, l.erased} {
			if row != "" && len(row) != len(columns) {
				t.Errorf("%s: %q does not have a letter for each of %v", p, row, columnNames)
			}
			for i := range len(row) {
				if letters[row[i]] == "" {
					t.Errorf("%s: letter %q means nothing", p, row[i])
				}
			}
		}
	}
}

func TestEverybodyGetsWhatTheTableOfPermissionsSays(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		for _, pattern := range slices.Sorted(maps.Keys(permissions)) {
			l := permissions[pattern]
			method, path, _ := strings.Cut(pattern, " ")
			for _, row := range []struct{ name, want string }{{visible, l.visible}, {invisible, l.invisible}, {erased, l.erased}} {
				if row.want == "" {
					continue
				}
				got := make([]byte, 0, len(columns))
				n, fresh := "", false
				for i, who := range columns {
					if strings.Contains(path, "{id}") || strings.Contains(path, "{token}") || strings.Contains(path, "{hash}") {
						if !fresh {
							n, fresh = g.thing(pattern, row.name), true
						}
					}
					body := strings.NewReplacer("{who}", columnNames[i], "{mia}", g.cast["Mia"].Person.String()).Replace(l.send)
					for from, to := range g.places {
						body = strings.ReplaceAll(body, from, to)
					}
					g.clock.Advance(10 * time.Minute) // nobody asks too often
					mark, page := g.letter(who, method, path, n, body)
					if got = append(got, mark); mark != row.want[i] && (mark == '?' || testing.Verbose()) {
						t.Logf("%s %s as %s:\n%.3000s", row.name, pattern, columnNames[i], page)
					}
					if method != "GET" && strings.IndexByte("2cns", mark) >= 0 || strings.Contains(path, "{token}") {
						fresh = false // it may have changed the thing, or the thing does not live long
					}
					if strings.Contains(pattern, "log") && mark == 's' || strings.Contains(pattern, "/settings") || strings.Contains(pattern, "/logins") {
						g.signInAgain(who)
					}
					if pattern == "POST /admin/practices" {
						g.allOn() // the form switched them off
					}
				}
				if string(got) != row.want {
					t.Errorf("%s, %s:\n got %s\nwant %s", pattern, row.name, got, row.want)
				}
			}
		}
	})
}

// What the private audience talks about. The last word of its title and the
// last of its body are never asked for, so no answer can echo them.
const (
	secretTitle = "How is the quillfeather jacquard dressed for Zephyrine?"
	secretBody  = "Wind the quillfeather warp over the Xanthippe."
)
