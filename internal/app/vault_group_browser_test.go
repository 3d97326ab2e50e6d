package app

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/ui/browsertest"
)

// TestAGroupsNotesAreThoseOfItsMembers is a group on three devices in three time
// zones: two write, a third joins later and reads what was before once somebody's
// browser has opened it, one leaves and reads nothing more, and what is written
// then is sealed for those who stay alone.
func TestAGroupsNotesAreThoseOfItsMembers(t *testing.T) {
	t.Parallel()
	c := clock.NewMoved(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
	s := playAt(t, dbtest.Open(t, db.Config{URL: dbtest.SQLitePath(t), Clock: c}), c)
	s.practise("mentoring")
	s.joins("Dora")
	zones := map[string]string{"Ben": "Europe/Berlin", "Chidi": "America/New_York", "Dora": "Asia/Tokyo"}
	s.write(func(tx *db.Tx) error {
		for who, zone := range zones {
			if _, err := tx.Exec("UPDATE people SET time_zone = $1 WHERE id = $2", zone, s.cast[who].Person); err != nil {
				return err
			}
		}
		return nil
	})
	at := s.programme("groups", url.Values{"way": {"self"}})
	s.hosts("Ben", at, 3)
	s.enrol("Chidi", at, "mentee", "welding")
	s.enrol("Dora", at, "mentee", "welding")
	s.settle()
	group := s.asks("Chidi", at, "Ben")
	s.does("Ben", group+"/answer", "answer=yes")
	s.settle()

	// A mentor and a mentee, each with keys of their own.
	b := browsertest.Start(t)
	ben := s.device(b, "Ben", group, zones["Ben"])
	ben.takes("make")
	chidi := s.device(b, "Chidi", group, zones["Chidi"])
	chidi.takes("make")
	ben.again(group)
	ben.write("The old torch is in the yard.")
	chidi.press("again")
	chidi.sees("The old torch is in the yard.")
	chidi.write("I fear the night shift.")

	// Dora is nobody here yet.
	path := "/api/v1" + group + "/notes"
	if code := s.call("Dora", "GET", path, nil, nil); code != 404 {
		t.Errorf("Dora asks for notes of a group of others: %d", code)
	}
	asked := s.asks("Dora", at, "Ben")
	if code := s.call("Dora", "GET", path, nil, nil); code != 404 {
		t.Errorf("who asked is no member: %d", code)
	}
	if code, to := s.post("Ben", asked+"/answer", "answer=yes"); code != 303 || to != group {
		t.Fatalf("Dora is taken in: %d %s", code, to)
	}
	s.settle()

	// She joins later: what was before is locked for her until a browser of
	// somebody who reads it opens it to her. What is new she reads at once.
	dora := s.device(b, "Dora", group, zones["Dora"])
	dora.takes("make")
	dora.sees("Locked for you")
	if words := dora.words(`document.querySelector("[data-place]").innerText`); strings.Contains(words, "torch") || strings.Contains(words, "night shift") {
		t.Errorf("Dora reads what nobody has opened to her:\n%s", words)
	}
	chidi.again(group)
	chidi.says("shared")
	dora.press("again")
	dora.sees("The old torch is in the yard.")
	dora.sees("I fear the night shift.")
	dora.write("Hello from Tokyo.")
	for _, d := range []*device{ben, chidi} {
		d.again(group)
		d.sees("Hello from Tokyo.")
	}

	// Chidi leaves. His device has the keys, and gets nothing more.
	chidi.at(group)
	chidi.do(chidi.clicks(`form[action$="/leaving"] button`))
	if place := chidi.words(`location.pathname`); place != "/mentoring" {
		t.Errorf("who left is led to %s", place)
	}
	s.settle()
	if code, _ := s.get("Chidi", group); code != 404 {
		t.Errorf("who left opens the room: %d", code)
	}
	if code := s.call("Chidi", "GET", path, nil, nil); code != 404 {
		t.Errorf("who left reads notes: %d", code)
	}
	dora.at("/notices")
	dora.reads("Chidi left the group")
	ben.again(group)
	ben.write("Now we are two.")
	dora.again(group)
	dora.sees("Now we are two.")
	dora.sees("I fear the night shift.") // what he wrote stays with the group
	var boxes, his int
	if err := s.house.DB.Read(t.Context(), func(tx *db.Tx) error {
		const sql = `SELECT COUNT(*), COUNT(*) FILTER (WHERE k.person_id = $1)
FROM vault_boxes b JOIN vault_keys k ON k.id = b.key_id
WHERE b.note_id = (SELECT MAX(n.id) FROM vault_notes n)`
		_, err := tx.Row(sql, []any{&boxes, &his}, s.cast["Chidi"].Person)
		return err
	}); err != nil || boxes != 2 || his != 0 {
		t.Errorf("the last note is sealed for %d, %d of them who left, %v", boxes, his, err)
	}
	for _, who := range []string{"Ada", "Gus"} {
		if code := s.call(who, "GET", path, nil, nil); code != 404 {
			t.Errorf("%s reads notes of a group: %d", who, code)
		}
	}
	for _, d := range []*device{ben, chidi, dora} {
		for _, e := range d.tab.Errors() {
			t.Errorf("%s: %s", d.who, e)
		}
	}
}
