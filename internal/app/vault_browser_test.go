package app

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/ui/browsertest"
)

// device is a browser of somebody, with a store of its own, in a room.
type device struct {
	*testing.T
	tab  *browsertest.Tab
	who  string
	url  string // of the server
	code string // the recovery code it was given
}

func (d *device) do(steps ...error) {
	d.Helper()
	for _, err := range steps {
		if err != nil {
			words, _ := browsertest.Eval[string](d.tab, `document.querySelector("[data-place]")?.innerText`)
			d.Fatalf("%s: %v\n%s\nerrors: %v", d.who, err, words, d.tab.Errors())
		}
	}
}

func (d *device) words(script string) string {
	d.Helper()
	s, err := browsertest.Eval[string](d.tab, script)
	if err != nil {
		d.Fatalf("%s: %s: %v", d.who, script, err)
	}
	return s
}

// sees waits until the notes show the words.
func (d *device) sees(words string) {
	d.Helper()
	d.do(d.tab.Wait(fmt.Sprintf(`document.querySelector("[data-place]").innerText.includes(%q)`, words)))
}

// press presses the button that does it, once it is there.
func (d *device) press(do string) {
	d.Helper()
	css := "[data-place] [data-do=" + do + "]"
	d.do(d.tab.Wait(fmt.Sprintf(`document.querySelector(%q) && !document.querySelector(%q).ariaBusy`, css, css)), d.tab.Press(css))
}

// says waits for one of the sentences that the section shows.
func (d *device) says(name string) {
	d.Helper()
	d.do(d.tab.Wait(fmt.Sprintf(`document.querySelector("[data-say=%s]") && !document.querySelector("[data-say=%s]").hidden`, name, name)))
}

// fill puts words into a field as typing does.
func (d *device) fill(css, words string) {
	d.Helper()
	d.do(d.tab.Wait(fmt.Sprintf(`document.querySelector(%q)`, css)))
	if _, err := browsertest.Eval[bool](d.tab, fmt.Sprintf(`(() => { const e = document.querySelector(%q); e.focus(); e.value = %q; e.dispatchEvent(new Event("input", { bubbles: true })); return true })()`, css, words)); err != nil {
		d.Fatal(err)
	}
}

func (d *device) write(words string) {
	d.Helper()
	d.fill("#vault-text", words)
	d.press("save")
	d.do(d.tab.Wait(`!document.querySelector("#vault-text").value`))
	d.sees(words)
}

// takes goes through making keys, from the button on, and keeps the code.
func (d *device) takes(button string) {
	d.Helper()
	d.press(button)
	d.do(d.tab.Wait(`document.querySelector("[data-code]")?.textContent.length > 30`))
	d.code = d.words(`document.querySelector("[data-code]").textContent`)
	d.fill("#vault-last", strings.ToLower(d.code[len(d.code)-4:]))
	d.press("kept")
	d.do(d.tab.Wait(`document.querySelector("#vault-text")`))
}

// browses opens a page in a browser of somebody that knows nothing yet.
func (s *stage) browses(b *browsertest.Browser, who, path, zone string) *device {
	s.Helper()
	d := &device{T: s.T, who: who, url: s.url, tab: b.Open(s, s.url+path, browsertest.View{Zone: zone, Cookies: map[string]string{visit.Cookie: s.cast[who].cookie}})}
	s.Cleanup(d.tab.Close)
	return d
}

// device opens the room in a browser that knows nothing yet, and its notes.
func (s *stage) device(b *browsertest.Browser, who, path, zone string) *device {
	s.Helper()
	d := s.browses(b, who, path, zone)
	d.unfold()
	return d
}

func (d *device) unfold() {
	d.Helper()
	d.do(d.tab.Click("details[data-vault] > summary"), d.tab.Wait(`document.querySelector("[data-place] button")`))
}

// again loads the page anew, as the next morning does.
func (d *device) again(path string) {
	d.Helper()
	d.do(d.tab.Go(d.url + path))
	d.unfold()
}

// bare is a room of Ben and Mia without keys and notes.
func (g *guild) bare() (room id.ID, path string) {
	g.Helper()
	_, room = g.mentorship("active", "Ben", "Mia")
	g.write(func(tx *db.Tx) error {
		for _, sql := range []string{
			"DELETE FROM vault_boxes", "DELETE FROM vault_notes", "DELETE FROM vault_keys",
			"UPDATE people SET time_zone = 'Asia/Tokyo' WHERE name = 'Ben'", "UPDATE people SET time_zone = 'America/New_York' WHERE name = 'Mia'",
		} {
			if _, err := tx.Exec(sql); err != nil {
				return err
			}
		}
		return nil
	})
	return room, "/mentorships/" + room.String()
}

// TestTwoPeopleWriteNotesOnTheirDevices goes through the notes of a room as two
// people do: the first words, the other's keys, a second device, a slip in the
// code, no network, a lost code, keys that changed, and the end.
func TestTwoPeopleWriteNotesOnTheirDevices(t *testing.T) {
	t.Parallel()
	g := newGuild(t, dbtest.SQLite(t))
	room, path := g.bare()
	b := browsertest.Start(t)

	// Ben is first. He is told what a lost code costs before his keys are made.
	ben := g.device(b, "Ben", path, "Asia/Tokyo")
	ben.sees("If you lose it, and every device that has your keys, your notes are lost")
	ben.press("make")
	ben.do(ben.tab.Wait(`document.querySelector("[data-code]")?.textContent.length > 30`))
	if code := ben.words(`document.querySelector("[data-code]").textContent`); !regexp.MustCompile(`^([0-9A-HJKMNP-TV-Z]{4} ){6}[0-9A-HJKMNP-TV-Z]{4}$`).MatchString(code) {
		t.Errorf("the code is written %q", code)
	}
	ben.fill("#vault-last", "0000")
	ben.press("kept")
	ben.says("last")
	if k, ok, err := g.house.Vault.Own(t.Context(), g.actor("Ben")); ok || err != nil {
		t.Errorf("keys are kept before their code was: %v %v", k.ID, err)
	}
	ben.again(path)
	ben.takes("make")
	ben.sees("Mia has no keys yet")
	ben.write("She wants to lead the night shift.\nAsk about <b>Thursday</b> & 私.")
	if got := ben.words(`document.querySelector("[data-text]").textContent`); got != "She wants to lead the night shift.\nAsk about <b>Thursday</b> & 私." {
		t.Errorf("the note reads %q", got)
	}

	// Mia makes hers. What was written before waits for Ben's browser.
	mia := g.device(b, "Mia", path, "America/New_York")
	mia.takes("make")
	mia.sees("Locked for you")
	mia.write("I could not sleep before the talk.")
	ben.again(path)
	ben.says("shared")
	ben.sees("I could not sleep")
	mia.press("again")
	mia.sees("She wants to lead the night shift.")
	at := g.clock.Now()
	for _, x := range []struct {
		d    *device
		zone string
	}{{ben, "Asia/Tokyo"}, {mia, "America/New_York"}} {
		zone, err := time.LoadLocation(x.zone)
		if err != nil {
			t.Fatal(err)
		}
		if want := at.In(zone).Format("2 Jan 2006, 15:04"); !strings.Contains(x.d.words(`document.querySelector("[data-list]").innerText`), want) {
			t.Errorf("%s does not read that it was written at %s:\n%s", x.d.who, want, x.d.words(`document.querySelector("[data-list]").innerText`))
		}
	}
	number := `document.querySelector("[data-number]").textContent`
	if a, b := ben.words(number), mia.words(number); a != b || len(a) != 47 {
		t.Errorf("Ben compares %s, Mia %s", a, b)
	}
	// The browser and the independent implementation read each other.
	code := strings.ReplaceAll(ben.code, " ", "")
	if codeCheck(code) != code[26:] {
		t.Error("the code's last letters do not fit")
	}
	own := g.opened("Ben", code)
	p := g.notesOf("Ben", room.String(), "")
	if text, err := own.open(t, room.String(), p.Items[0], p.Keys); err != nil || text != "I could not sleep before the talk." {
		t.Errorf("outside the browser Mia's note reads %q, %v", text, err)
	}
	others, people := map[string]string{}, map[string]string{}
	for _, k := range p.Keys {
		if people[k.Person] = k.Public; k.Person != own.person {
			others[k.ID] = k.Public
		}
	}
	if want := comparedNumber(people); ben.words(number) != want {
		t.Errorf("the browser shows %s, others make it %s", ben.words(number), want)
	}
	if code := g.call("Ben", "POST", "/api/v1/mentorships/"+room.String()+"/notes", own.seal(t, room.String(), to64(random(16)), 1, "Written by a program, größer.", others), nil); code != 201 {
		t.Fatalf("a program's note answers %d", code)
	}
	mia.press("again")
	mia.sees("Written by a program, größer.")

	// Changing and deleting are the author's.
	if got := mia.words(`[...document.querySelectorAll("[data-list] [data-do=edit]")].length + " of " + document.querySelectorAll("[data-list] > li").length`); got != "1 of 3" {
		t.Errorf("Mia may change %s notes", got)
	}
	mia.press("edit")
	mia.do(mia.tab.Wait(`document.querySelector("#vault-text").value == "I could not sleep before the talk."`))
	mia.fill("#vault-text", "I slept well.")
	mia.press("save")
	mia.sees("I slept well.")
	ben.press("again")
	ben.sees("I slept well.")
	ben.sees("changed")
	ben.press("delete")
	ben.press("stay")
	ben.press("delete")
	ben.press("sure")
	ben.says("deleted")
	mia.press("again")
	mia.do(mia.tab.Wait(`!document.querySelector("[data-place]").innerText.includes("Written by a program")`))

	// Ben's telephone: a slip in the code, somebody else's code, his own.
	phone := g.device(b, "Ben", path, "Asia/Tokyo")
	phone.fill("#vault-code", strings.Replace(ben.code, ben.code[:2], "Z"+ben.code[:1], 1))
	phone.press("enter")
	phone.says("slip")
	phone.fill("#vault-code", mia.code)
	phone.press("enter")
	phone.says("wrong")
	phone.fill("#vault-code", strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(ben.code, " ", "-"), "0", "o")))
	phone.press("enter")
	phone.sees("I slept well.")
	phone.sees("She wants to lead the night shift.")

	// Without a network nothing is lost, and it is saved once.
	phone.fill("#vault-text", "Written on the train.")
	phone.do(phone.tab.Offline(true))
	phone.press("save")
	phone.says("offline")
	if got := phone.words(`document.querySelector("#vault-text").value`); got != "Written on the train." {
		t.Errorf("after a failed save the field holds %q", got)
	}
	phone.do(phone.tab.Offline(false))
	phone.press("save")
	phone.says("saved")
	if got := phone.words(`String([...document.querySelectorAll("[data-text]")].filter(e => e.textContent == "Written on the train.").length)`); got != "1" {
		t.Errorf("the note is there %s times", got)
	}
	// A draft outlives the page; on the disk it is sealed.
	phone.fill("#vault-text", "Half a thought xylograph")
	draft := `new Promise(ok => { const r = indexedDB.open("guildhall-vault"); r.onsuccess = () => { const q = r.result.transaction("people").objectStore("people").getAll(); q.onsuccess = () => { r.result.close(); ok(JSON.stringify(q.result, (k, v) => v instanceof CryptoKey ? [v.type, v.extractable] : v instanceof Uint8Array ? [...v].map(x => String.fromCharCode(x)).join("") : v)) } } })`
	kept := ""
	sealed := regexp.MustCompile(`"draft":\{"[0-9a-z]+":"AQ`)
	for end := time.Now().Add(15 * time.Second); !sealed.MatchString(kept) && time.Now().Before(end); {
		kept = phone.words(draft)
	}
	if strings.Contains(kept, "xylograph") || strings.Contains(kept, "train") || strings.Contains(kept, `["private",true]`) || !strings.Contains(kept, `["private",false]`) {
		t.Errorf("the device keeps in the clear: %.400s", kept)
	}
	if kept = phone.words(`JSON.stringify(localStorage) + JSON.stringify(sessionStorage)`); strings.Contains(kept, "xylograph") {
		t.Errorf("the device keeps a draft in the clear: %s", kept)
	}
	phone.do(phone.tab.Wait(`!("dirty" in document.querySelector("[data-vault]").dataset)`))
	phone.again(path)
	phone.says("draft")
	if got := phone.words(`document.querySelector("#vault-text").value`); got != "Half a thought xylograph" {
		t.Errorf("the draft comes back as %q", got)
	}

	// A computer that others use too keeps nothing.
	kiosk := g.device(b, "Ben", path, "Asia/Tokyo")
	kiosk.fill("#vault-code", ben.code)
	kiosk.do(kiosk.tab.Click("[data-keep]"))
	kiosk.press("enter")
	kiosk.sees("Written on the train.")
	kiosk.again(path)
	kiosk.sees("Enter the recovery code")

	// The code's paper is lost, the device is not: a new code, the same keys.
	old := ben.code
	ben.takes("code")
	kiosk.fill("#vault-code", old)
	kiosk.press("enter")
	kiosk.says("wrong")
	kiosk.fill("#vault-code", ben.code)
	kiosk.press("enter")
	kiosk.sees("Written on the train.")

	// Mia loses everything: code and device. She makes new keys, and is told.
	lost := g.device(b, "Mia", path, "America/New_York")
	lost.do(lost.tab.Wait(`document.querySelector("[data-place] details summary")`), lost.tab.Press("[data-place] details summary"))
	lost.sees("is then locked for you")
	lost.takes("new")
	lost.sees("Locked for you")
	if strings.Contains(lost.words(`document.querySelector("[data-place]").innerText`), "night shift") {
		t.Error("new keys open what was sealed for old ones")
	}
	lost.write("It is me, with new keys.")
	// Her old device says so as well.
	mia.again(path)
	mia.sees("Your keys were made anew on another device")
	// Ben is told plainly. What he writes is not for the new keys, and nothing
	// is opened to them, until he says that it is her.
	ben.again(path)
	ben.sees("Mia has other keys than before")
	ben.sees("Sealed with keys that this device hasn't seen before")
	ben.write("Are these your keys?")
	lost.press("again")
	lost.do(lost.tab.Wait(`document.querySelectorAll("[data-list] > li").length == 4`))
	if got := lost.words(`document.querySelector("[data-list]").innerText`); strings.Contains(got, "Are these your keys") || strings.Contains(got, "night shift") {
		t.Errorf("changed keys are believed before anybody compared them:\n%s", got)
	}
	if a, b := ben.words(number), lost.words(number); a != b {
		t.Errorf("Ben compares %s, Mia %s", a, b)
	}
	ben.press("believe")
	ben.says("believed")
	lost.press("again")
	lost.sees("Are these your keys?")
	lost.sees("She wants to lead the night shift.")
	lost.sees("I slept well.")
	lost.sees("Opened to you by Ben.")

	// The server cannot show an older version than was read unnoticed.
	g.write(func(tx *db.Tx) error {
		_, err := tx.Exec("UPDATE vault_notes SET version = 1 WHERE version = 2")
		return err
	})
	lost.press("again")
	lost.sees("This doesn't fit its seal")

	// It ends: both still read, nobody writes. Forgetting asks for the code.
	g.write(func(tx *db.Tx) error {
		_, err := tx.Exec("UPDATE mentorships SET state = 'closed' WHERE id = $1", room)
		return err
	})
	lost.again(path)
	lost.sees("Are these your keys?")
	if got := lost.words(`String(document.querySelector("#vault-text"))`); got != "null" {
		t.Error("a room that is closed offers to write")
	}
	lost.press("forget")
	lost.sees("Enter the recovery code")
	for _, d := range []*device{ben, mia, phone, kiosk, lost} {
		for _, e := range d.tab.Errors() {
			if !strings.Contains(e, "ERR_INTERNET_DISCONNECTED") {
				t.Errorf("%s: %s", d.who, e)
			}
		}
	}
}

// opened are somebody's keys as their recovery code opens them.
func (g *guild) opened(who, code string) holder {
	g.Helper()
	k, ok, err := g.house.Vault.Own(context.Background(), g.actor(who))
	if err != nil || !ok {
		g.Fatal("no keys", err)
	}
	h := holder{person: g.cast[who].Person.String(), key: k.ID.String()}
	der, err := unlock(codeKey(code, h.person), keysAAD(h.person, k.Public), from64(g, k.Sealed))
	if err != nil {
		g.Fatalf("the code does not open the keys: %v", err)
	}
	h.own = private(g, der)
	if h.public() != k.Public {
		g.Error("the public half is another's")
	}
	return h
}

// TestNotesInEveryView looks at each state of the notes: accessible, within the
// page, in both themes and widths, by keyboard, without scripts, and light.
func TestNotesInEveryView(t *testing.T) {
	t.Parallel()
	g := newGuild(t, dbtest.SQLite(t))
	room, path := g.bare()
	_ = room
	b := browsertest.Start(t)
	for _, v := range browsertest.Everywhere {
		// What a script presses is no input, so what then grows counts as shift.
		v.Cookies, v.Shifting = map[string]string{visit.Cookie: g.cast["Ben"].cookie}, true
		g.write(func(tx *db.Tx) error {
			for _, sql := range []string{"DELETE FROM vault_boxes", "DELETE FROM vault_notes", "DELETE FROM vault_keys"} {
				if _, err := tx.Exec(sql); err != nil {
					return err
				}
			}
			return nil
		})
		d := &device{T: t, who: "Ben", tab: b.Open(t, g.url+path, v)}
		first, requests := d.tab.Weight()
		if first > 80_000 || requests > 7 {
			t.Errorf("the room weighs %d bytes in %d requests before its notes are opened", first, requests)
		}
		if err := d.tab.Still(); err != nil {
			t.Errorf("the room, before anybody does anything: %v", err)
		}
		d.unfold()
		all, _ := d.tab.Weight()
		t.Logf("%s: the room %.1f kB, with its notes %.1f kB", v, float64(first)/1000, float64(all)/1000)
		if all > 90_000 {
			t.Errorf("with its notes the room weighs %d bytes", all)
		}
		look := func(name string) {
			t.Helper()
			d.tab.Inspect(t, "notes-"+name, v)
		}
		look("intro")
		d.press("make")
		d.do(d.tab.Wait(`document.querySelector("[data-code]")?.textContent.length > 30`))
		look("code")
		d.press("back")
		d.takes("make")
		d.write("What stays between us: " + strings.Repeat("Donaudampfschifffahrtsgesellschaft", 4) + "\n\n- one\n- two")
		if v.Width == 1280 && !v.Dark {
			// By keyboard alone: write, save, change.
			d.do(d.tab.Focus("#vault-text"), d.tab.Keys("By keyboard"), d.tab.KeyDown("#vault-text", "Tab"))
			if _, err := browsertest.Eval[bool](d.tab, `document.querySelector("#vault-text").dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true, bubbles: true, cancelable: true })) || true`); err != nil {
				t.Fatal(err)
			}
			d.says("saved")
			d.sees("By keyboard")
		}
		// Mia has keys by a program, which Ben does not know from before: old and new.
		g.holder("Mia")
		d.press("again")
		d.says("shared")
		g.holder("Mia")
		d.press("again")
		d.sees("Mia has other keys than before")
		if _, err := browsertest.Eval[int](d.tab, `document.querySelectorAll("[data-place] details").forEach(e => e.open = true) || 0`); err != nil {
			t.Fatal(err)
		}
		look("open")
		d.press("delete")
		look("delete")
		d.press("forget")
		d.do(d.tab.Wait(`document.querySelector("#vault-code")`))
		look("enter")
		d.tab.Close()
	}
	// Without scripts the section says what it needs, and nothing can be posted.
	tab := b.Open(t, g.url+path, browsertest.View{NoScript: true, Cookies: map[string]string{visit.Cookie: g.cast["Ben"].cookie}})
	defer tab.Close()
	if err := tab.Click("details[data-vault] > summary"); err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("GUILDHALL_SCREENS"); dir != "" {
		if err := tab.Screenshot(dir + "/notes-without-scripts.png"); err != nil {
			t.Error(err)
		}
	}
	_, page := g.get("Ben", path)
	_, section, _ := strings.Cut(page, "data-vault=")
	section, _, _ = strings.Cut(section, "</section>")
	_, parts := g.get("Ben", path+"/notes")
	section += parts
	if !strings.Contains(section, "needs JavaScript") {
		t.Error("the section does not say that it needs JavaScript")
	}
	if !strings.Contains(section, "<textarea") {
		t.Error("there is no field for a note: the check below is blind")
	}
	if m := regexp.MustCompile(`<form|<(?:textarea|input)[^>]*\sname=`).FindString(section); m != "" {
		t.Errorf("a note could be posted in the clear: %s", m)
	}
}
