package app

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/core/vault"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// What follows is the format of docs/vault.md, written from the document with
// Go's own cryptography: what it and the browser seal, each can open.

const vaultLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// holder is somebody with keys.
type holder struct {
	person, key string
	own         *ecdh.PrivateKey
}

func (h holder) public() string {
	return to64(append([]byte{1}, h.own.PublicKey().Bytes()...))
}

func to64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func from64(t testing.TB, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(b) < 2 || b[0] != 1 {
		t.Fatalf("%.40s is no blob of format 1: %v", s, err)
	}
	return b
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

func gcm(key []byte) cipher.AEAD {
	b, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // keys here have 32 bytes
	}
	a, err := cipher.NewGCM(b)
	if err != nil {
		panic(err)
	}
	return a
}

func lock(key []byte, aad string, data []byte) []byte {
	iv := random(12)
	return gcm(key).Seal(append([]byte{1}, iv...), iv, data, []byte(aad))
}

func unlock(key []byte, aad string, blob []byte) ([]byte, error) {
	if len(blob) < 29 || blob[0] != 1 {
		return nil, errors.New("not of format 1")
	}
	return gcm(key).Open(nil, blob[1:13], blob[13:], []byte(aad))
}

func derived(secret, salt []byte, info string) []byte {
	k, err := hkdf.Key(sha256.New, secret, salt, info, 32)
	if err != nil {
		panic(err)
	}
	return k
}

func noteContext(room, name, person string, version int, author string) string {
	return fmt.Sprintf("guildhall vault 1 note\n%s\n%s\n%s\n%d\n%s", room, name, person, version, author)
}

func boxInfo(context string, sealed []byte, by, to string) string {
	h := sha256.Sum256(sealed)
	return "guildhall vault 1 box\n" + context + "\n" + to64(h[:]) + "\n" + by + "\n" + to
}

func agree(own *ecdh.PrivateKey, point []byte) []byte {
	p, err := ecdh.P256().NewPublicKey(point)
	if err != nil {
		panic(err)
	}
	z, err := own.ECDH(p)
	if err != nil {
		panic(err)
	}
	return z
}

func (h holder) sealBox(t testing.TB, to, info string, key []byte) []byte {
	t.Helper()
	once, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	e, point := once.PublicKey().Bytes(), from64(t, to)[1:]
	k := derived(append(agree(once, point), agree(h.own, point)...), e, info)
	return append(append([]byte{1}, e...), gcm(k).Seal(nil, make([]byte, 12), key, nil)...)
}

func (h holder) openBox(t testing.TB, by, info string, box []byte) ([]byte, error) {
	t.Helper()
	e := box[1:66]
	k := derived(append(agree(h.own, e), agree(h.own, from64(t, by)[1:])...), e, info)
	return gcm(k).Open(nil, make([]byte, 12), box[66:], nil)
}

func padded(text string) []byte {
	b := append([]byte(text), 128)
	return append(b, make([]byte, (256-len(b)%256)%256)...)
}

func unpadded(b []byte) string { return string(b[:bytes.LastIndexByte(b, 128)]) }

// seal writes a note for the holder and for others, by their keys.
func (h holder) seal(t testing.TB, room, name string, version int, text string, others map[string]string) map[string]any {
	t.Helper()
	key := random(32)
	ctx := noteContext(room, name, h.person, version, h.public())
	sealed := lock(key, ctx, padded(text))
	boxes := []map[string]any{{"for": h.key, "sealed": to64(h.sealBox(t, h.public(), boxInfo(ctx, sealed, h.public(), h.public()), key))}}
	for n, public := range others {
		boxes = append(boxes, map[string]any{"for": n, "sealed": to64(h.sealBox(t, public, boxInfo(ctx, sealed, h.public(), public), key))})
	}
	return map[string]any{"name": name, "key": h.key, "version": version, "sealed": to64(sealed), "boxes": boxes}
}

// open reads a note.
func (h holder) open(t testing.TB, room string, n vault.SealedNoteJSON, keys []vault.PublicKeyJSON) (string, error) {
	t.Helper()
	public := map[string]string{}
	for _, k := range keys {
		public[k.ID] = k.Public
	}
	if n.Box == nil {
		return "", errors.New("no box")
	}
	sealed := from64(t, n.Sealed)
	ctx := noteContext(room, n.Name, n.Person, n.Version, public[n.Key])
	key, err := h.openBox(t, public[n.Box.By], boxInfo(ctx, sealed, public[n.Box.By], h.public()), from64(t, n.Box.Sealed))
	if err != nil {
		return "", err
	}
	b, err := unlock(key, ctx, sealed)
	if err != nil {
		return "", err
	}
	return unpadded(b), nil
}

func codeKey(code, person string) []byte {
	return derived([]byte(code[:26]), nil, "guildhall vault 1 code\n"+person)
}

func codeCheck(code string) string {
	h := sha256.Sum256([]byte("guildhall vault 1 check\n" + code[:26]))
	return string([]byte{vaultLetters[h[0]&31], vaultLetters[h[1]&31]})
}

func keysAAD(person, public string) string {
	return "guildhall vault 1 keys\n" + person + "\n" + public
}

// sealKeys seals the private half with a code.
func (h holder) sealKeys(t testing.TB, code string) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(h.own)
	if err != nil {
		t.Fatal(err)
	}
	return to64(lock(codeKey(code, h.person), keysAAD(h.person, h.public()), der))
}

func anyCode() string {
	var b []byte
	for _, x := range random(26) {
		b = append(b, vaultLetters[x&31])
	}
	return string(b) + codeCheck(string(b))
}

// comparedNumber is what members compare.
func comparedNumber(public map[string]string) string {
	var lines []string
	for person, key := range public {
		lines = append(lines, person+" "+key)
	}
	slices.Sort(lines)
	h := sha256.Sum256([]byte("guildhall vault 1 number\n" + strings.Join(lines, "\n")))
	var groups []string
	for i := range 8 {
		groups = append(groups, fmt.Sprintf("%05d", binary.BigEndian.Uint32(h[4*i:])%100000))
	}
	return strings.Join(groups, " ")
}

// holder makes somebody keys, in place of those they had, and returns the code.
func (g *guild) holder(who string) (holder, string) {
	g.Helper()
	own, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		g.Fatal(err)
	}
	h, code := holder{person: g.cast[who].Person.String(), own: own}, anyCode()
	before, _, err := g.house.Vault.Own(context.Background(), g.actor(who))
	if err != nil {
		g.Fatal(err)
	}
	n := must[id.ID](g)(g.house.Vault.Make(context.Background(), g.actor(who), vault.NewKey{Public: h.public(), Sealed: h.sealKeys(g, code), Replaces: before.ID}))
	h.key = n.String()
	g.holders[who] = h
	return h, code
}

// notes puts what the table of permissions sends about notes into the places:
// keys of two, a note of the first, and what they would send.
func (g *guild) notes(room id.ID, a, b string) {
	g.Helper()
	for _, who := range []string{a, b} {
		if _, ok := g.holders[who]; !ok {
			g.holder(who)
		}
	}
	first, second := g.holders[a], g.holders[b]
	name := to64(random(16))
	n := must[vault.NewNote](g)(input(first.seal(g, room.String(), name, 1, "Weave.", nil)).Note())
	var note id.ID
	g.write(func(tx *db.Tx) (err error) {
		var audience id.ID
		if _, err := tx.Row("SELECT audience_id FROM mentorships WHERE id = $1", []any{&audience}, room); err != nil {
			return err
		}
		note, err = vault.Write(tx, g.actor(a), vault.Room{ID: room, Audience: audience, People: []id.ID{g.cast[a].Person, g.cast[b].Person}}, n, g.clock.Now())
		return err
	})
	blob, box := to64(append([]byte{1}, random(64)...)), to64(append([]byte{1}, random(113)...))
	for k, v := range map[string]string{
		"{note}": note.String(), "{key}": first.key, "{other}": second.key, "{blob}": blob, "{box}": box, "{name}": to64(random(16)),
	} {
		g.places[k] = v
	}
}

// input reads a note as it is sent.
func input(m map[string]any) vault.NoteInput {
	in := vault.NoteInput{Name: m["name"].(string), Key: m["key"].(string), Version: m["version"].(int), Sealed: m["sealed"].(string)}
	for _, b := range m["boxes"].([]map[string]any) {
		in.Boxes = append(in.Boxes, vault.NoteBoxJSON{For: b["for"].(string), Sealed: b["sealed"].(string)})
	}
	return in
}

// notesOf reads the notes of a room on behalf of somebody.
func (s *stage) notesOf(who, room, query string) (out vault.NotesJSON) {
	s.Helper()
	if code := s.call(who, "GET", "/api/v1/mentorships/"+room+"/notes"+query, nil, &out); code != 200 {
		s.Fatalf("%s reads the notes: %d", who, code)
	}
	return out
}

func TestNotesAreTheirMembersAlone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		s := g.stage
		_, n := g.mentorship("active", "Ben", "Mia")
		room := n.String()
		ben, _ := g.holder("Ben")
		mia, _ := g.holder("Mia")
		path := "/api/v1/mentorships/" + room + "/notes"
		others := map[string]string{mia.key: mia.public()}
		var made struct{ ID string }
		post := func(who string, note map[string]any, want int) {
			t.Helper()
			if code := s.call(who, "POST", path, note, &made); code != want {
				t.Errorf("%s writes a note: %d, want %d", who, code, want)
			}
		}
		first := ben.seal(t, room, to64(random(16)), 1, "Zürich — 私たち", others)
		post("Ben", first, 201)
		note := made.ID
		post("Ben", first, 201)
		if made.ID != note {
			t.Error("the same note sent twice is there twice")
		}
		post("Mia", first, 409) // under Ben's key
		theirs := mia.seal(t, room, first["name"].(string), 1, "Mine.", nil)
		post("Mia", theirs, 409) // under Ben's name
		read := func(h holder, who string) string {
			t.Helper()
			p := s.notesOf(who, room, "")
			text, err := h.open(t, room, p.Items[0], p.Keys)
			if err != nil {
				t.Errorf("%s cannot read: %v", who, err)
			}
			return text
		}
		if read(ben, "Ben") != "Zürich — 私たち" || read(mia, "Mia") != "Zürich — 私たち" {
			t.Error("the note is not what was written")
		}
		for _, who := range []string{"Ada", "Olu", "Max", "Gus", "Strange"} {
			if code := s.call(who, "GET", path, nil, nil); code != 404 {
				t.Errorf("%s reads notes of others: %d", who, code)
			}
			if code := s.call(who, "POST", path, first, nil); code != 404 {
				t.Errorf("%s writes notes of others: %d", who, code)
			}
			if code := s.call(who, "DELETE", path+"/"+note, nil, nil); code != 404 {
				t.Errorf("%s deletes notes of others: %d", who, code)
			}
		}

		// Another version takes the place of the first, once.
		second := ben.seal(t, room, first["name"].(string), 2, "Better.", others)
		for who, want := range map[string]int{"Mia": 403, "Ben": 204} {
			if code := s.call(who, "PUT", path+"/"+note, second, nil); code != want {
				t.Errorf("%s rewrites: %d, want %d", who, code, want)
			}
		}
		if code := s.call("Ben", "PUT", path+"/"+note, second, nil); code != 409 {
			t.Errorf("a version that is there already answers %d", code)
		}
		if read(mia, "Mia") != "Better." {
			t.Error("Mia reads the old version")
		}

		// New keys: what was written stays shut until somebody opens it.
		anew, _ := g.holder("Mia")
		if p := s.notesOf("Mia", room, ""); p.Items[0].Box != nil {
			t.Error("a note is open to keys it was not sealed for")
		}
		post("Ben", ben.seal(t, room, to64(random(16)), 1, "For the old keys.", others), 409)
		p := s.notesOf("Ben", room, "")
		public := map[string]string{}
		for _, k := range p.Keys {
			public[k.ID] = k.Public
			if k.ID == mia.key && k.Current || k.ID == anew.key && !k.Current {
				t.Error("which key is current is wrong")
			}
		}
		x := p.Items[0]
		sealed := from64(t, x.Sealed)
		ctx := noteContext(room, x.Name, x.Person, x.Version, public[x.Key])
		key, err := ben.openBox(t, ben.public(), boxInfo(ctx, sealed, ben.public(), ben.public()), from64(t, x.Box.Sealed))
		if err != nil {
			t.Fatal(err)
		}
		box := map[string]any{"note": note, "version": 2, "for": anew.key, "sealed": to64(ben.sealBox(t, anew.public(), boxInfo(ctx, sealed, ben.public(), anew.public()), key))}
		for want, change := range map[int]map[string]any{409: {"version": 1}, 404: {"note": "7zzzzzzzzzzzz"}, 422: {"sealed": "AQ"}, 204: {}} {
			b := map[string]any{}
			for _, m := range []map[string]any{box, change} {
				for k, v := range m {
					b[k] = v
				}
			}
			if code := s.call("Ben", "POST", path+"/boxes", map[string]any{"key": ben.key, "boxes": []any{b}}, nil); code != want {
				t.Errorf("sharing with %v answers %d, want %d", change, code, want)
			}
		}
		if read(anew, "Mia") != "Better." {
			t.Error("what was opened cannot be read")
		}

		// What the server would swap does not open: every part is bound.
		p = s.notesOf("Mia", room, "")
		for what, change := range map[string]func(n *vault.SealedNoteJSON, keys []vault.PublicKeyJSON) string{
			"another room":    func(*vault.SealedNoteJSON, []vault.PublicKeyJSON) string { return "7zzzzzzzzzzzz" },
			"another name":    func(n *vault.SealedNoteJSON, _ []vault.PublicKeyJSON) string { n.Name = to64(random(16)); return room },
			"another author":  func(n *vault.SealedNoteJSON, _ []vault.PublicKeyJSON) string { n.Person = anew.person; return room },
			"another version": func(n *vault.SealedNoteJSON, _ []vault.PublicKeyJSON) string { n.Version = 1; return room },
			"another text": func(n *vault.SealedNoteJSON, _ []vault.PublicKeyJSON) string {
				b := from64(t, n.Sealed)
				b[40] ^= 1
				n.Sealed = to64(b)
				return room
			},
			"another sealer": func(n *vault.SealedNoteJSON, keys []vault.PublicKeyJSON) string { n.Box.By = anew.key; return room },
		} {
			n := p.Items[0]
			b := *n.Box
			n.Box = &b
			at := change(&n, p.Keys)
			if text, err := anew.open(t, at, n, p.Keys); err == nil {
				t.Errorf("with %s the note opens: %q", what, text)
			}
		}

		// Its author takes it away, for everybody; the room may have ended.
		g.write(func(tx *db.Tx) error {
			_, err := tx.Exec("UPDATE mentorships SET state = 'closed' WHERE id = $1", n)
			return err
		})
		if got := s.notesOf("Mia", room, ""); len(got.Items) != 2 {
			t.Errorf("after the end %d notes are read", len(got.Items)) // one is the guild's
		}
		post("Ben", ben.seal(t, room, to64(random(16)), 1, "Late.", nil), 409)
		for _, x := range []struct {
			who  string
			want int
		}{{"Mia", 403}, {"Ben", 204}, {"Ben", 404}} {
			if code := s.call(x.who, "DELETE", path+"/"+note, nil, nil); code != x.want {
				t.Errorf("%s deletes: %d, want %d", x.who, code, x.want)
			}
		}
		var left int
		if err := d.Read(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Row("SELECT COUNT(*) FROM vault_boxes b JOIN vault_notes v ON v.id = b.note_id WHERE v.name = $1", []any{&left}, first["name"])
			return err
		}); err != nil || left != 0 {
			t.Errorf("%d boxes of a deleted note are left, %v", left, err)
		}
	})
}

func TestWhatIsNoSealIsRefused(t *testing.T) {
	g := newGuild(t, dbtest.SQLite(t))
	s := g.stage
	_, n := g.mentorship("active", "Ben", "Mia")
	room := n.String()
	ben, _ := g.holder("Ben")
	max, _ := g.holder("Max")
	path := "/api/v1/mentorships/" + room + "/notes"
	good := func() map[string]any { return ben.seal(t, room, to64(random(16)), 1, "Weave.", nil) }
	for what, x := range map[string]struct {
		change func(m map[string]any)
		want   int
	}{
		"nothing wrong":         {func(m map[string]any) {}, 201},
		"a note in clear":       {func(m map[string]any) { m["sealed"] = "Weave. This is not sealed at all, and long enough to be." }, 422},
		"another format":        {func(m map[string]any) { m["sealed"] = to64(append([]byte{2}, random(64)...)) }, 422},
		"too much":              {func(m map[string]any) { m["sealed"] = to64(append([]byte{1}, random(vault.MaxSealed)...)) }, 422},
		"no name":               {func(m map[string]any) { m["name"] = "" }, 422},
		"a long name":           {func(m map[string]any) { m["name"] = to64(random(32)) }, 422},
		"a later version":       {func(m map[string]any) { m["version"] = 2 }, 422},
		"a key that is none":    {func(m map[string]any) { m["key"] = "x" }, 422},
		"somebody else's key":   {func(m map[string]any) { m["key"] = max.key }, 409},
		"no box":                {func(m map[string]any) { m["boxes"] = []map[string]any{} }, 422},
		"no box for its author": {func(m map[string]any) { m["boxes"].([]map[string]any)[0]["for"] = g.places["{other}"] }, 422},
		"a box for a stranger": {func(m map[string]any) {
			m["boxes"] = append(m["boxes"].([]map[string]any), map[string]any{"for": max.key, "sealed": g.places["{box}"]})
		}, 409},
		"a box of another shape": {func(m map[string]any) {
			m["boxes"].([]map[string]any)[0]["sealed"] = to64(append([]byte{1}, random(50)...))
		}, 422},
	} {
		m := good()
		x.change(m)
		if code := s.call("Ben", "POST", path, m, nil); code != x.want {
			t.Errorf("%s answers %d, want %d", what, code, x.want)
		}
	}
	for what, public := range map[string]string{
		"no point of the curve": to64(append([]byte{1, 4}, random(64)...)), "a private key": to64(append([]byte{1}, ben.own.Bytes()...)), "nothing": "",
	} {
		if code := s.call("Ben", "POST", "/api/v1/me/keys", map[string]any{"public": public, "sealed": g.places["{blob}"], "replaces": ben.key}, nil); code != 422 {
			t.Errorf("%s as a key answers %d", what, code)
		}
	}
	// Two devices that make keys at once: one is told.
	if code := s.call("Ben", "POST", "/api/v1/me/keys", map[string]any{"public": ben.public(), "sealed": g.places["{blob}"]}, nil); code != 409 {
		t.Errorf("keys that do not know of those before answer %d", code)
	}
	// Old keys open nothing more: what was sealed with the old code is gone.
	g.holder("Ben")
	var sealed string
	if err := g.house.DB.Read(t.Context(), func(tx *db.Tx) error {
		k, _ := id.Parse(ben.key)
		_, err := tx.Row("SELECT sealed FROM vault_keys WHERE id = $1", []any{&sealed}, k)
		return err
	}); err != nil || sealed != "" {
		t.Errorf("the old keys are still kept: %q, %v", sealed, err)
	}
	// A room and a person have limits.
	ben, _ = g.holder("Ben")
	by := g.actor("Ben")
	var full error
	for range 1000 {
		if _, full = g.house.Mentoring.WriteNote(t.Context(), by, n, must[vault.NewNote](g)(input(ben.seal(t, room, to64(random(16)), 1, "x", nil)).Note())); full != nil {
			break
		}
	}
	if !fault.Is(full, fault.Conflict) {
		t.Errorf("a full room answers %v", full)
	}
	seen, cursor := 0, ""
	for {
		p := s.notesOf("Mia", room, "?limit=100&cursor="+cursor)
		seen += len(p.Items)
		if cursor = p.NextCursor; cursor == "" {
			break
		}
	}
	if seen != 1000 {
		t.Errorf("%d notes are listed, want 1000", seen)
	}
	var many error
	for range 100 {
		before, _, _ := g.house.Vault.Own(t.Context(), by)
		if _, many = g.house.Vault.Make(t.Context(), by, vault.NewKey{Public: ben.public(), Sealed: g.places["{blob}"], Replaces: before.ID}); many != nil {
			break
		}
	}
	if !fault.Is(many, fault.Conflict) {
		t.Errorf("key upon key answers %v", many)
	}
}

// private reads a private half as browsers write it.
func private(t testing.TB, der []byte) *ecdh.PrivateKey {
	t.Helper()
	k, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		t.Fatal(err)
	}
	if e, ok := k.(*ecdsa.PrivateKey); ok {
		own, err := e.ECDH()
		if err != nil {
			t.Fatal(err)
		}
		return own
	}
	return k.(*ecdh.PrivateKey)
}
