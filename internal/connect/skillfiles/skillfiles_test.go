package skillfiles

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/connect/badrow"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/hostile"
)

func read(t testing.TB, name, text string) *Set {
	t.Helper()
	s, err := Read(strings.NewReader(text), int64(len(text)), name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func codes(ps []badrow.Problem) string {
	var s []string
	for _, p := range ps {
		s = append(s, fmt.Sprintf("%d:%s", p.Line, p.Code))
	}
	return strings.Join(s, " ")
}

func (s *Set) find(t testing.TB, name string) Skill {
	t.Helper()
	for _, x := range s.Skills {
		if x.Name == name {
			return x
		}
	}
	t.Fatalf("no %q", name)
	return Skill{}
}

func TestOwnCSV(t *testing.T) {
	s := read(t, "ours.csv", "\ufeffName;Beschreibung;Synonyme;Art;Oberbegriff\r\n"+
		"Schweißen;Verbinden von Metall;\"WIG, MAG|Welding\";Fähigkeit;Fertigung\r\n"+
		"Fertigung;;;Gruppe;\r\n;x;;;\r\nCNC;;;Zauber;Nirgends\r\nschweißen;;Löten;;\r\nA;;;;B\r\nB;;;;A\r\nC;;;;C\r\n")
	w := s.find(t, "Schweißen")
	if s.Format != OwnCSV || w.Parent != "fertigung" || fmt.Sprint(w.Synonyms) != "[WIG MAG Welding Löten]" || w.Description != "Verbinden von Metall" || w.Line != 2 || w.Kind != KindSkill {
		t.Errorf("%+v", w)
	}
	if s.find(t, "Fertigung").Kind != KindGroup || s.find(t, "CNC").Parent != "" || s.find(t, "C").Parent != "" {
		t.Errorf("%+v", s.Skills)
	}
	if codes(s.Problems) != "4:name_missing 5:kind_unknown 5:parent_unknown 6:doubled 8:parent_circle 9:parent_unknown" {
		t.Errorf("%s", codes(s.Problems))
	}
	if s.find(t, "A").Parent != "b" || s.find(t, "B").Parent != "" {
		t.Errorf("%+v", s.Skills)
	}
}

// A category is a word of the file's own and need not be a row of it; a parent
// is another row.
func TestACategoryIsNoParent(t *testing.T) {
	s := read(t, "ours.csv", "name,category,parent\nWelding,  Metal  work,\nMIG welding,Metal work,Welding\nwelding,Other,\nLathes,"+strings.Repeat("x", 101)+",\n")
	if codes(s.Problems) != "4:doubled 5:text_too_long" {
		t.Errorf("%+v", s.Problems)
	}
	w, m := s.find(t, "Welding"), s.find(t, "MIG welding")
	if w.Category != "Metal work" || w.Parent != "" || m.Category != "Metal work" || m.Parent != "welding" {
		t.Errorf("%+v\n%+v", w, m)
	}
	if c := s.find(t, "Lathes").Category; c != strings.Repeat("x", 99)+"…" {
		t.Errorf("%q", c)
	}
}

const escoSkills = "conceptType,conceptUri,skillType,reuseLevel,preferredLabel,altLabels,hiddenLabels,status,modifiedDate,scopeNote,definition,inScheme,description\n" +
	"KnowledgeSkillCompetence,http://data.europa.eu/esco/skill/1,skill/competence,sector-specific,weld metal,\"join metal\nfuse metal\nweld metal\",,released,,,,,Join metals by heat.\n" +
	"KnowledgeSkillCompetence,http://data.europa.eu/esco/skill/2,knowledge,cross-sector,metallurgy,,,obsolete,,,\"Study of metals\",,\n" +
	"KnowledgeSkillCompetence,,knowledge,,no uri,,,,,,,,\n"

const escoGroups = "conceptType,conceptUri,preferredLabel,altLabels,hiddenLabels,status,modifiedDate,scopeNote,inScheme,description,code\n" +
	"SkillGroup,http://data.europa.eu/esco/skill/S1,working with machinery,,,released,,,,,S1\n"

const escoBroader = "conceptType,conceptUri,broaderType,broaderUri\n" +
	"KnowledgeSkillCompetence,http://data.europa.eu/esco/skill/1,SkillGroup,http://data.europa.eu/esco/skill/S1\n" +
	"KnowledgeSkillCompetence,http://data.europa.eu/esco/skill/2,KnowledgeSkillCompetence,http://data.europa.eu/esco/skill/1\n" +
	"KnowledgeSkillCompetence,http://data.europa.eu/esco/skill/2,SkillGroup,http://data.europa.eu/esco/skill/S1\n" +
	"KnowledgeSkillCompetence,http://data.europa.eu/esco/skill/1,KnowledgeSkillCompetence,http://data.europa.eu/esco/skill/gone\n"

func zipped(t testing.TB, files ...string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i+1 < len(files); i += 2 {
		f, err := z.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(f, files[i+1])
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestTheOfficialZip(t *testing.T) {
	b := zipped(t, "../../v1.2/broaderRelationsSkillPillar_en.csv", escoBroader, "v1.2/skills_en.csv", escoSkills, "v1.2/skillGroups_en.csv", escoGroups,
		"v1.2/skills_de.csv", strings.ReplaceAll(escoSkills, "weld metal", "Metall schweißen"), "readme.txt", "x", "v1.2/occupations_en.csv", "conceptUri,preferredLabel\nhttp://x/occupation/1,welder\n")
	s, err := Read(bytes.NewReader(b), int64(len(b)), "ESCO dataset.zip")
	if err != nil {
		t.Fatal(err)
	}
	w := s.find(t, "weld metal")
	if s.Format != ESCOZip || s.Lang != "en" || len(s.Skills) != 3 || s.Attribution == "" {
		t.Errorf("%+v", s)
	}
	if fmt.Sprint(w.Synonyms) != "[join metal fuse metal]" || w.Parent != "http://data.europa.eu/esco/skill/S1" || w.Description != "Join metals by heat." || w.Kind != KindSkill || w.Origin != "esco" {
		t.Errorf("%+v", w)
	}
	if m := s.find(t, "metallurgy"); m.Kind != KindKnowledge || !m.Retired || m.Parent != "http://data.europa.eu/esco/skill/1" || m.Description != "Study of metals" {
		t.Errorf("%+v", m)
	}
	if g := s.find(t, "working with machinery"); g.Kind != KindGroup {
		t.Errorf("%+v", g)
	}
	if len(s.Problems) != 1 || s.Problems[0].File != "ESCO dataset.zip/skills_en.csv" || s.Problems[0].Code != "id_missing" || s.Problems[0].Line != 6 {
		t.Errorf("%v", s.Problems)
	}
	b = zipped(t, "skills_de.csv", escoSkills, "skills_fr.csv", escoSkills)
	if s, err = Read(bytes.NewReader(b), int64(len(b)), "z.zip"); err != nil || s.Lang != "de" {
		t.Errorf("%v %v", s, err)
	}
}

func TestWhatIsNoListOfSkills(t *testing.T) {
	for _, s := range []string{"", "a,b\n1,2\n", "PK\x03\x04broken", string(zipped(t, "a.txt", "x")), string(zipped(t, "skills_en.csv", "a,b\n"))} {
		if _, err := Read(strings.NewReader(s), int64(len(s)), "f"); !fault.Is(err, fault.Invalid) {
			t.Errorf("%.20q: %v", s, err)
		}
	}
	dir := hostile.Files(t)
	for _, f := range []string{"zip_100MiB_ratio1000.zip", "zip_slip.zip", "zip_70k_entries.zip", "csv_wide.csv", "csv_nul_bom.csv", "csv_formula.csv"} {
		b, err := os.ReadFile(filepath.Join(dir, f))
		if err != nil {
			t.Fatal(err)
		}
		s, err := Read(bytes.NewReader(b), int64(len(b)), f)
		if err != nil && !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", f, err)
		}
		if s != nil {
			t.Logf("%s: %d skills, %s", f, len(s.Skills), codes(s.Problems))
		}
	}
}

func TestSharedFiles(t *testing.T) {
	for _, c := range []struct {
		file, format string
		least, most  int
	}{
		{"onet/content_model_reference.txt", ONETContent, 80, 90},
		{"onet/technology_skills.csv", ONETTechnology, 8000, 10000},
		{"onet/occupation_data.csv", ONETOccupations, 1016, 1016},
		{"esco/skills_en.csv", ESCOLabels, 13400, 13485},
		{"esco/occupations_en.csv", ESCOLabels, 2900, 2942},
		{"esco/esco_isco08_skills_flat.csv", ESCOLabels, 900, 1530},
	} {
		b := hostile.Read(t, "skills", filepath.FromSlash(c.file))
		s := read(t, c.file, string(b))
		if s.Format != c.format || len(s.Skills) < c.least || len(s.Skills) > c.most || s.Attribution == "" {
			t.Errorf("%s: %s with %d skills", c.file, s.Format, len(s.Skills))
		}
		if len(s.Problems) > 0 {
			t.Errorf("%s: %d problems, first %s", c.file, len(s.Problems), s.Problems[0])
		}
		kinds := map[string]int{}
		for _, x := range s.Skills {
			kinds[x.Kind]++
		}
		t.Logf("%s: %s, %d entries %v, language %q", c.file, s.Format, len(s.Skills), kinds, s.Lang)
	}
	s := read(t, "content_model_reference.txt", string(hostile.Read(t, "skills", "onet", "content_model_reference.txt")))
	if p := s.find(t, "Programming"); p.Kind != KindSkill || p.Parent != "2.B.3" || p.OriginID != "2.B.3.e" || p.Description == "" {
		t.Errorf("%+v", p)
	}
	if p := s.find(t, "Technical Skills"); p.Kind != KindGroup || p.Parent != "2.B" {
		t.Errorf("%+v", p)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("f.csv", []byte("name,synonyms,kind,parent\na,b|c,skill,d\nd,,,a\n"))
	f.Add("skills_en.csv", []byte(escoSkills))
	f.Add("c.txt", []byte("Element ID\tElement Name\tDescription\n2.A\tx\ty\n2.A.1\tz\t\n"))
	f.Add("z.zip", zipped(f, "skills_en.csv", escoSkills, "broaderRelationsSkillPillar_en.csv", escoBroader))
	f.Fuzz(func(t *testing.T, name string, b []byte) {
		s, err := Read(bytes.NewReader(b), int64(len(b)), name)
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatal(err)
			}
			return
		}
		at := map[string]string{}
		for _, x := range s.Skills {
			if x.Name == "" || x.OriginID == "" || x.Kind == "" {
				t.Fatalf("%+v", x)
			}
			if _, again := at[x.OriginID]; again {
				t.Fatalf("%q twice", x.OriginID)
			}
			at[x.OriginID] = x.Parent
		}
		for n := range at {
			for steps := 0; n != ""; n = at[n] {
				if steps++; steps > len(at) {
					t.Fatal("a circle of parents")
				}
				if _, ok := at[n]; !ok {
					t.Fatalf("parent %q is not in the set", n)
				}
			}
		}
	})
}

func BenchmarkTechnology(b *testing.B) {
	data := hostile.Read(b, "skills", "onet", "technology_skills.csv")
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := Read(bytes.NewReader(data), int64(len(data)), "t.csv"); err != nil {
			b.Fatal(err)
		}
	}
}
