package app

import (
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

const ownList = "name,synonyms,description\nLoom tuning,warp tuning|weft tuning,Making a loom run true\nDye mixing,,By eye and by scale\n,nothing,\n"

func TestAnAdminBringsAListOfSkillsAfterLookingAtIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		work := func(path string) string {
			t.Helper()
			if _, page := g.get("Ada", path); !strings.Contains(page, "is being read") {
				t.Errorf("before its job ran the page says\n%s", page)
			}
			if err := g.house.Jobs.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
			_, page := g.get("Ada", path)
			return page
		}
		if code, page := g.upload("Ada", "/admin/skills", "file", "empty.csv", nil); code != 422 {
			t.Errorf("an empty file answers %d\n%s", code, page)
		}
		code, preview := g.upload("Ada", "/admin/skills", "file", "own.csv", []byte(ownList))
		if code != 303 {
			t.Fatalf("uploading answers %d %s", code, preview)
		}
		page := work(preview)
		if !strings.Contains(page, "What it would bring") || !strings.Contains(page, "own.csv:4") || !strings.Contains(page, "Bring them in") {
			t.Errorf("the preview says\n%s", page)
		}
		if _, list := g.get("Ada", "/skills?q=loom+tuning"); strings.Contains(list, "Loom tuning") {
			t.Error("the preview brought it")
		}
		if code, _ := g.get("Olu", preview); code != 404 {
			t.Errorf("an organiser sees the preview: %d", code)
		}
		_, run, _ := strings.Cut(preview, "run=")
		code, done := g.post("Ada", "/admin/skills", "run="+run)
		if code != 303 {
			t.Fatalf("bringing answers %d %s", code, done)
		}
		if page := work(done); !strings.Contains(page, "What it brought") || strings.Contains(page, "Bring them in") {
			t.Errorf("afterwards it says\n%s", page)
		}
		if _, list := g.get("Mia", "/skills?q=weft+tuning"); !strings.Contains(list, "Loom tuning") {
			t.Errorf("a synonym does not find it\n%s", list)
		}
		_, again, _ := strings.Cut(done, "run=")
		if code, _ := g.post("Ada", "/admin/skills", "run="+again); code != 409 {
			t.Errorf("bringing what was no preview answers %d", code)
		}
		if _, page := g.get("Ada", "/admin/audit"); !strings.Contains(page, "brought a list of skills") {
			t.Errorf("the log says\n%s", page)
		}
		code, broken := g.upload("Ada", "/admin/skills", "file", "x.csv", []byte("\x89PNG\r\n\x1a\n\x00\x00"))
		if code == 303 {
			if page := work(broken); strings.Contains(page, "Bring them in") || !strings.Contains(page, "note bad") {
				t.Errorf("a picture is read as\n%s", page)
			}
		} else if code != 422 {
			t.Errorf("a picture answers %d", code)
		}
	})
}

func TestWhereSkillsComeFromStandsBesideThem(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		if _, page := g.get("Mia", "/skills"); strings.Contains(page, "ESCO") || strings.Contains(page, "O*NET") {
			t.Errorf("nothing was brought, and it says\n%s", page)
		}
		g.write(func(tx *db.Tx) error {
			_, err := tx.Exec("UPDATE skills SET origin = 'esco', origin_id = 'x' WHERE id = $1", g.skill)
			return err
		})
		for _, path := range []string{"/skills", "/skills/" + g.skill.String()} {
			if _, page := g.get("Mia", path); !strings.Contains(page, "ESCO classification of the European Commission") || strings.Contains(page, "O*NET") {
				t.Errorf("%s says\n%s", path, page)
			}
		}
	})
}
