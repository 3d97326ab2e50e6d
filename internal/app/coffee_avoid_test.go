package app

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/coffee"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

// asked is what a house asks of its database.
type asked struct {
	mu   sync.Mutex
	list []string
}

func (a *asked) watch(sql string, args []any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.list = append(a.list, fmt.Sprintf("%s (%d arguments)", sql, len(args)))
}

// since forgets what was asked before and returns what do asks.
func (a *asked) since(do func()) []string {
	a.mu.Lock()
	a.list = nil
	a.mu.Unlock()
	do()
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.list)
}

// eachWatched is dbtest.EachMoved for tests that need several houses and what
// each asks of its database.
func eachWatched(t *testing.T, fn func(t *testing.T, open func() (*stage, *asked, *clock.Moved))) {
	t.Helper()
	for name, url := range map[string]func(testing.TB) string{"sqlite": dbtest.SQLitePath, "postgres": dbtest.PostgresURL} {
		t.Run(name, func(t *testing.T) {
			fn(t, func() (*stage, *asked, *clock.Moved) {
				c, a := clock.NewMoved(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)), &asked{}
				s := playAt(t, dbtest.Open(t, db.Config{URL: url(t), Clock: c, Watch: a.watch}), c)
				s.enable(coffee.Key)
				s.joins("Dora")
				s.write(func(tx *db.Tx) error {
					porto, err := people.EnsureSite(tx, c, "Porto", "Europe/Lisbon", "PT")
					if err != nil {
						return err
					}
					_, err = tx.Exec("UPDATE people SET site_id = $1", porto)
					return err
				})
				return s, a, c
			})
		})
	}
}

// answers is everything Ben gets from a request: what the server answers, and
// what it asked of the database for that.
type answers struct {
	page  string
	asked []string
}

// same fails when somebody could tell two answers apart.
func (s *stage) same(what string, a, b answers) {
	s.Helper()
	if a.page != b.page {
		s.Errorf("%s: the answers differ: %s", what, difference(a.page, b.page))
	}
	if !slices.Equal(a.asked, b.asked) {
		s.Errorf("%s: the statements differ, %d and %d: %s", what, len(a.asked), len(b.asked), difference(strings.Join(a.asked, "\n"), strings.Join(b.asked, "\n")))
	}
}

// reading asks for everything of coffee that Ben can read.
func (s *stage) reading(a *asked, paths []string) map[string]answers {
	s.Helper()
	out := map[string]answers{}
	for _, path := range paths {
		var x answers
		x.asked = a.since(func() {
			if strings.HasPrefix(path, "/api/") {
				var v any
				code := s.call("Ben", "GET", path, nil, &v)
				x.page = fmt.Sprintf("%d %v", code, v)
				return
			}
			code, page := s.get("Ben", path)
			x.page = fmt.Sprintf("%d %s", code, unlike(page))
		})
		out[path] = x
	}
	return out
}

// doing is Ben's request that changes something.
func (s *stage) doing(a *asked, method, path, body string) answers {
	s.Helper()
	var x answers
	x.asked = a.since(func() {
		if !strings.HasPrefix(path, "/api/") {
			code, page := s.post("Ben", path, body)
			x.page = fmt.Sprintf("%d %s", code, page)
			return
		}
		if method == "DELETE" {
			x.page = fmt.Sprint(s.call("Ben", method, path, nil, nil))
			return
		}
		if body != "" {
			x.page = fmt.Sprint(s.call("Ben", method, path, fields{"person": body}, nil))
			return
		}
		var out any
		code := s.call("Ben", method, path, nil, &out)
		x.page = fmt.Sprintf("%d %v", code, out)
	})
	x.page = clean(x.page)
	return x
}

// TestBeingOnAListChangesNoAnswerAndNoStatement reads and does everything of
// coffee as Ben, then Ada and Chidi put him on their lists, and he does all of it
// again: not a byte differs, and neither does any statement the database is
// asked.
func TestBeingOnAListChangesNoAnswerAndNoStatement(t *testing.T) {
	eachWatched(t, func(t *testing.T, open func() (*stage, *asked, *clock.Moved)) {
		s, a, _ := open()
		_, group := s.post("Ada", "/coffee/groups", "name=Mill+coffee&every=week&size=2&mixing=mixed")
		_, tended := s.post("Ben", "/coffee/groups", "name=Ben%27s+coffee&every=week&size=2&mixing=mixed")
		for _, who := range []string{"Ben", "Chidi", "Dora"} {
			s.post(who, group+"/membership", "do=join")
		}
		_, hours := s.post("Ada", "/coffee/hours", "title=Looms&slot=own&day=2026-11-26&time=14:00&minutes=20&seats=2&every=7&place=Hall")
		var names []string
		for i := range coffee.CrowdLeast {
			names = append(names, "N"+string(rune('a'+i)))
		}
		s.joins(names...)
		_, draw := s.post("Ada", "/coffee/lotteries", "title=Lunch&slot=own&day=2026-12-10&time=12:00&minutes=60&seats=2&place=Hall")
		s.post("Ada", group+"/rounds", "")
		s.settle()
		_, pair := s.partner("Ben")
		if pair == "" || !strings.HasPrefix(hours, "/coffee/hours/") || !strings.HasPrefix(draw, "/coffee/lotteries/") {
			t.Fatal(pair, hours, draw)
		}
		ada := s.cast["Ada"].Person.String()
		var paths []string
		for _, p := range []string{group, tended, hours, draw, pair} {
			paths = append(paths, p, "/api/v1"+p)
		}
		paths = append(paths, "/", "/coffee", "/notices", "/meetings", "/coffee/kept", "/coffee/avoid", pair+"/meeting", tended+"/edit", "/people/"+ada, "/api/v1/notices", "/api/v1/meetings", "/api/v1/coffee/groups", "/api/v1/coffee/pairs", "/api/v1/coffee/kept", "/api/v1/coffee/hours", "/api/v1/coffee/lotteries", "/api/v1/coffee/avoid")
		type deed struct{ method, path, body string }
		// Each is undone by the one that follows it.
		deeds := []deed{
			{"POST", "/coffee/lunch", "do=now"}, {"POST", "/coffee/lunch", "do=end"}, {"PUT", "/api/v1/coffee/lunch", ""}, {"DELETE", "/api/v1/coffee/lunch", ""},
			{"POST", group + "/membership", "do=snooze&rounds=2"}, {"POST", group + "/membership", "do=join"}, {"POST", group + "/membership", "do=leave"}, {"POST", group + "/membership", "do=join"},
			{"POST", draw + "/entry", "do=in"}, {"DELETE", "/api/v1" + draw + "/entry", ""},
			{"POST", "/api/v1/coffee/avoid", "Ada"}, {"DELETE", "/api/v1/coffee/avoid/" + ada, ""},
			{"POST", "/coffee/avoid", "person=Ada"}, {"POST", "/coffee/avoid", "do=end&who=" + ada},
			{"POST", pair + "/confirmation", "met=no"}, {"POST", pair + "/words", "to=" + ada + "&words="},
		}
		all := func() (map[string]answers, []answers) {
			var did []answers
			for _, x := range deeds {
				did = append(did, s.doing(a, x.method, x.path, x.body))
			}
			return s.reading(a, paths), did
		}
		all() // so that what is remembered of a first visit is remembered
		before, did := all()
		for _, who := range []string{"Ada", "Chidi"} {
			if code, page := s.post(who, "/coffee/avoid", "person=Ben"); code != 303 {
				t.Fatalf("avoiding answers %d %s", code, page)
			}
		}
		s.settle()
		after, done := all()
		for _, p := range paths {
			s.same("GET "+p, before[p], after[p])
			if !strings.HasPrefix(before[p].page, "200 ") {
				t.Errorf("GET %s answers %.300s", p, before[p].page)
			}
			if len(before[p].asked) == 0 {
				t.Errorf("GET %s: nothing is watched", p)
			}
		}
		for i, x := range deeds {
			s.same(x.method+" "+x.path+" "+x.body, did[i], done[i])
		}
		// The list is read where its owner reads it and where company is found.
		for p, x := range after {
			if readsList(x) != strings.HasSuffix(p, "/coffee/avoid") {
				t.Errorf("GET %s reads lists: %v", p, readsList(x))
			}
		}
		for i, x := range deeds {
			company := strings.Contains(x.path, "/lunch") && x.method != "DELETE" && x.body != "do=end"
			if readsList(done[i]) != (company || strings.Contains(x.path, "/avoid")) {
				t.Errorf("%s %s reads lists: %v", x.method, x.path, readsList(done[i]))
			}
		}
		// What Ben is told about his list is what it was for everybody else.
		if page := before["/coffee/avoid"].page; strings.Contains(page, "Ada") {
			t.Errorf("the list of Ben shows\n%s", page)
		}
	})
}

func readsList(x answers) bool {
	return slices.ContainsFunc(x.asked, func(sql string) bool { return strings.Contains(sql, "coffee_avoids") })
}

// TestCompanyThatAvoidsIsLikeNoCompany compares the lunch of Ben where Ada waits
// and avoids him with one where she does not wait at all, and the lunch where
// Chidi waits as well with one where only Chidi does.
func TestCompanyThatAvoidsIsLikeNoCompany(t *testing.T) {
	eachWatched(t, func(t *testing.T, open func() (*stage, *asked, *clock.Moved)) {
		for _, x := range []struct {
			others             []string
			mutual             bool
			method, path, body string
		}{
			{nil, false, "PUT", "/api/v1/coffee/lunch", ""},
			{nil, true, "POST", "/coffee/lunch", "do=now"},
			{[]string{"Chidi"}, false, "POST", "/coffee/lunch", "do=now"},
			{[]string{"Chidi", "Dora"}, true, "PUT", "/api/v1/coffee/lunch", ""},
		} {
			story := func(avoid bool) (answers, map[string]answers) {
				s, a, _ := open()
				s.reading(a, []string{"/coffee", "/notices"})
				if x.mutual {
					s.post("Ben", "/coffee/avoid", "person=Ada")
				}
				if avoid {
					if !x.mutual {
						s.post("Ada", "/coffee/avoid", "person=Ben")
					}
					s.call("Ada", "PUT", "/api/v1/coffee/lunch", nil, nil)
				}
				for _, o := range x.others {
					// They would not have lunch with those who wait either.
					s.post(o, "/coffee/avoid", "person=Ada")
					if o == "Dora" {
						s.post(o, "/coffee/avoid", "person=Chidi")
					}
					s.call(o, "PUT", "/api/v1/coffee/lunch", nil, nil)
				}
				did := s.doing(a, x.method, x.path, x.body)
				s.settle()
				seen := s.reading(a, []string{"/coffee", "/notices", "/meetings", "/api/v1/coffee/pairs", "/api/v1/notices"})
				for p, y := range seen {
					y.page = clean(y.page)
					seen[p] = y
				}
				name, _ := s.partner("Ben")
				if name == "Ada" || (name == "") != (x.others == nil) {
					t.Errorf("Ben has lunch with %q", name)
				}
				return did, seen
			}
			s := &stage{T: t}
			with, seenWith := story(true)
			without, seenWithout := story(false)
			s.same("lunch", without, with)
			for p := range seenWith {
				s.same(p+" after lunch", seenWithout[p], seenWith[p])
			}
		}
	})
}

// anyName is what two houses draw differently: who meets, in which order of
// their ids, and which ways to begin a pair without profiles is given.
var anyName = regexp.MustCompile(`\b(Ada|Ben|Chidi|Dora)\b|<ol class="stack stack-s">.*?</ol>`)

// TestADrawThatKeepsTwoApartLooksLikeAnyOther lets Ben, who looks after a group
// of four, draw three rounds, with Ada avoiding him and without: each round
// asks the same of the database, tells him the same, and only who he meets is
// another question.
func TestADrawThatKeepsTwoApartLooksLikeAnyOther(t *testing.T) {
	eachWatched(t, func(t *testing.T, open func() (*stage, *asked, *clock.Moved)) {
		story := func(avoid bool) (list []answers, met []string) {
			s, a, c := open()
			_, group := s.post("Ben", "/coffee/groups", "name=Ben%27s+coffee&every=week&size=2&mixing=mixed")
			for _, who := range []string{"Ada", "Chidi", "Dora"} {
				s.post(who, group+"/membership", "do=join")
			}
			s.reading(a, []string{"/coffee", group})
			if avoid {
				s.post("Ada", "/coffee/avoid", "person=Ben")
			}
			for range 2 {
				list = append(list, s.doing(a, "POST", group+"/rounds", ""))
				s.settle()
				name, pair := s.partner("Ben")
				met = append(met, name)
				seen := s.reading(a, []string{"/coffee", group, pair, "/notices", "/api/v1/coffee/pairs", "/api/v1/notices"})
				for _, p := range []string{"/coffee", group, pair, "/notices", "/api/v1/coffee/pairs", "/api/v1/notices"} {
					x := seen[p]
					x.page = anyName.ReplaceAllString(clean(x.page), "Somebody")
					list = append(list, x)
				}
				c.Advance(7 * 24 * time.Hour)
			}
			return list, met
		}
		s := &stage{T: t}
		with, met := story(true)
		if slices.Contains(met, "Ada") || slices.Contains(met, "") {
			t.Fatalf("Ben meets %v", met)
		}
		without, _ := story(false)
		for i := range with {
			s.same(fmt.Sprint("step ", i), without[i], with[i])
		}
	})
}

// TestSeatsAreForWhoIsAvoidedAsForAnybody lets Ben take, give back and take
// again a seat of Ada's open hours, be refused another, and win a seat beside
// her, with Ada avoiding him and without: what is offered to everybody is offered
// to him in the same words, by the same statements.
func TestSeatsAreForWhoIsAvoidedAsForAnybody(t *testing.T) {
	eachWatched(t, func(t *testing.T, open func() (*stage, *asked, *clock.Moved)) {
		story := func(avoid bool) (names []string, list []answers) {
			s, a, c := open()
			var crowd []string
			for i := range coffee.CrowdLeast {
				crowd = append(crowd, "N"+string(rune('a'+i)))
			}
			s.joins(crowd...)
			_, hours := s.post("Ada", "/coffee/hours", "title=Looms&slot=own&day=2026-11-26&time=14:00&minutes=20&seats=2&every=7&place=Hall")
			_, draw := s.post("Ada", "/coffee/lotteries", "title=Lunch&slot=own&day=2026-12-10&time=12:00&minutes=60&seats=12&place=Hall")
			s.reading(a, []string{"/coffee", "/notices"})
			if avoid {
				s.post("Ada", "/coffee/avoid", "person=Ben")
			}
			s.settle()
			did := func(name string, x answers) {
				names, list = append(names, name), append(list, x)
			}
			look := func(when string, paths ...string) {
				seen := s.reading(a, paths)
				for i, p := range paths {
					x := seen[p]
					x.page = clean(x.page)
					did(fmt.Sprintf("path %d %s", i, when), x)
				}
			}
			book := func(hour string) {
				did("booking "+hour, s.doing(a, "POST", hours+"/bookings", "seat=2026-11-26T"+hour+":00Z"))
				s.settle()
				look("after booking "+hour, hours, "/api/v1"+hours, "/coffee", "/meetings", "/notices", "/api/v1/meetings")
			}
			book("14:00")
			book("14:20") // one is enough
			meeting := regexp.MustCompile(`/meetings/[0-9a-z]{13}`).FindString(s.page("Ben", hours))
			if meeting == "" {
				t.Fatal("Ben has no seat")
			}
			did("giving back", s.doing(a, "POST", meeting+"/cancellation", "do=now"))
			s.settle()
			book("14:20")
			if again := regexp.MustCompile(`/meetings/[0-9a-z]{13}`).FindString(s.page("Ben", hours)); again == "" || again == meeting {
				t.Errorf("the seat that Ben gave back for another one leads to %q", again)
			}
			did("entering", s.doing(a, "POST", draw+"/entry", "do=in"))
			for _, n := range crowd[:coffee.EntrantsLeast] {
				s.call(n, "PUT", "/api/v1"+draw+"/entry", nil, nil)
			}
			c.Set(time.Date(2026, 12, 9, 13, 0, 0, 0, time.UTC))
			s.settle()
			s.settle()
			look("after the draw", draw, "/api/v1"+draw, "/coffee", "/meetings", "/notices")
			s.want("Ben", draw, 200, "You have a seat.", "/meetings/")
			return names, list
		}
		s := &stage{T: t}
		names, with := story(true)
		_, without := story(false)
		for i, name := range names {
			s.same(name, without[i], with[i])
			if readsList(with[i]) {
				t.Errorf("%s reads lists", name)
			}
		}
	})
}
