package peoplecsv

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"pgregory.net/rapid"

	"github.com/guildhall/guildhall/internal/connect/badrow"
	"github.com/guildhall/guildhall/internal/connect/table"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/hostile"
)

func read(t testing.TB, text string, opt Options) *Result {
	t.Helper()
	r, err := Read(strings.NewReader(text), "hr.csv", opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

func codes(ps []badrow.Problem) string {
	var s []string
	for _, p := range ps {
		s = append(s, fmt.Sprintf("%d:%s", p.Line, p.Code))
	}
	return strings.Join(s, " ")
}

func TestAnEnglishExport(t *testing.T) {
	r := read(t, "\ufeffEmployee ID,First Name,Last Name,Work Email,Job Title,Department,Location,Manager ID,Hire Date,Termination Date,Time Zone,Language,Employment Status,Salary\r\n"+
		"0001,Ada,Obi,Ada.Obi@Example.org,Plant manager,Operations,Leeds,,2015-02-01,,Europe/London,English,Active,1\r\n"+
		"0002,Ben,\"Roe, Jr.\",ben@example.org,Fitter,Line 3,Leeds,1,2019-11-30,2026-01-31,Europe/London,de-DE,Terminated,2\r\n"+
		"0003,Chidi,Eze,,Fitter,Line 3,Leeds,2,2020-05-06,,,,On leave,3\r\n", Options{})
	if len(r.Problems) > 0 || len(r.People) != 3 || r.Encoding != table.UTF8 || r.Delimiter != ',' {
		t.Fatalf("%+v", r)
	}
	want := Person{Line: 2, Key: "number:0001", Number: "0001", Email: "ada.obi@example.org", Name: "Ada Obi", First: "Ada", Last: "Obi", Title: "Plant manager", Unit: "Operations", Site: "Leeds",
		Start: day(2015, 2, 1), Zone: "Europe/London", Language: "en", Presence: Active}
	if r.People[0] != want {
		t.Errorf("%+v", r.People[0])
	}
	if p := r.People[1]; p.Manager.Line != 2 || p.Name != "Ben Roe, Jr." || p.End != day(2026, 1, 31) || p.Presence != Left || p.Language != "de" {
		t.Errorf("%+v", p)
	}
	if p := r.People[2]; p.Manager.Line != 3 || p.Email != "" || p.Key != "number:0003" || p.Presence != Away {
		t.Errorf("%+v", p)
	}
	if c := r.Columns[13]; c.Field != "" || c.Heading != "Salary" {
		t.Errorf("%+v", c)
	}
}

func TestAGermanExportInWindows1252(t *testing.T) {
	text := "Mitarbeiterliste Stand 01.11.2026\n\nPers.-Nr.;Nachname;Vorname;E-Mail-Adresse;Stellenbezeichnung;Abteilung;Standort;Vorgesetzte/r;Eintritt;Austritt;Sprache;Status\n" +
		"17;M\xfcller;J\xfcrgen;jm@example.org;Schlosser;Instandhaltung;K\xf6ln;\"Gr\xf6\xdfe, Zo\xeb\";01.03.2011;31.12.9999;Deutsch;aktiv\n" +
		"18;Gr\xf6\xdfe;Zo\xeb;;Leiterin;Instandhaltung;K\xf6ln;;5.6.98;;Deutsch;Elternzeit\n"
	r := read(t, text, Options{})
	if r.Encoding != table.Windows1252 || r.Delimiter != ';' || len(r.People) != 2 || len(r.Problems) > 0 {
		t.Fatalf("%+v", r)
	}
	if p := r.People[0]; p.Name != "Jürgen Müller" || p.Site != "Köln" || p.Manager.Line != 5 || p.Manager.Name != "Zoë Größe" || p.Start != day(2011, 3, 1) || !p.End.IsZero() || p.Language != "de" {
		t.Errorf("%+v", p)
	}
	if p := r.People[1]; p.Start != day(1998, 6, 5) || p.Presence != Away {
		t.Errorf("%+v", p)
	}
}

func TestHeadingsInManyLanguages(t *testing.T) {
	for heading, want := range map[string]map[Field]string{
		"Matricule;Nom;Prénom;Courriel;Intitulé du poste;Service;Site de travail;N+1;Date d’embauche":                {Number: "Matricule", Last: "Nom", First: "Prénom", Email: "Courriel", Title: "Intitulé du poste", Unit: "Service", Site: "Site de travail", Manager: "N+1", Start: "Date d’embauche"},
		"Número de empleado,Nombre,Apellidos,Correo electrónico,Puesto,Departamento,Sede,Jefe directo,Fecha de alta": {Number: "Número de empleado", First: "Nombre", Last: "Apellidos", Email: "Correo electrónico", Title: "Puesto", Unit: "Departamento", Site: "Sede", Manager: "Jefe directo", Start: "Fecha de alta"},
		"Numer pracownika\tImię\tNazwisko\tE-mail\tStanowisko\tDział\tPrzełożony\tData zatrudnienia":                 {Number: "Numer pracownika", First: "Imię", Last: "Nazwisko", Email: "E-mail", Title: "Stanowisko", Unit: "Dział", Manager: "Przełożony", Start: "Data zatrudnienia"},
		"Worker.Employee_ID,Worker.Full_Name,Worker.Email (Work)":                                                    {Number: "Worker.Employee_ID", Name: "Worker.Full_Name", Email: "Worker.Email (Work)"},
		"Matricola;Nome;Cognome;E-mail aziendale;Mansione;Reparto":                                                   {Number: "Matricola", First: "Nome", Last: "Cognome", Email: "E-mail aziendale", Title: "Mansione", Unit: "Reparto"},
		"Personeelsnummer;Voornaam;Achternaam;Functie;Afdeling;Leidinggevende;Datum in dienst":                       {Number: "Personeelsnummer", First: "Voornaam", Last: "Achternaam", Title: "Functie", Unit: "Afdeling", Manager: "Leidinggevende", Start: "Datum in dienst"},
		"Name;Kostenstelle;Abteilung":      {Name: "Name", Unit: "Abteilung"},
		"Name;Department;Cost Center Name": {Name: "Name", Unit: "Department"},
		"Name;Cost centre":                 {Name: "Name", Unit: "Cost centre"},
		"Nombre;Correo":                    {Name: "Nombre", Email: "Correo"},
		"EMPLOYEE #|NAME|DEPT":             {Number: "EMPLOYEE #", Name: "NAME", Unit: "DEPT"},
	} {
		row := strings.Map(func(r rune) rune {
			if strings.ContainsRune(";,\t|\n", r) {
				return r
			}
			return 'x'
		}, heading)
		r := read(t, heading+"\n"+row+"\n", Options{})
		got := map[Field]string{}
		for _, c := range r.Columns {
			if c.Field != "" {
				got[c.Field] = c.Heading
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s\n got %v\nwant %v", heading, got, want)
		}
	}
}

func TestANameBesideAGivenNameIsTheFamilyName(t *testing.T) {
	for text, want := range map[string]string{
		"Name;Vorname\nMüller;Änne\nRoe;Ben\n":                               "Änne Müller, Ben Roe",
		"Name;Surname\nÄnne;Müller\nBen;Roe\n":                               "Änne Müller, Ben Roe",
		"Name;First name\nÄnne Müller;Änne\nBenjamin Roe;Ben\n":              "Änne Müller, Benjamin Roe",
		"Name;First name\nÄnne Müller;Änne\nBen Roe;Ben\nSam Lee;Samantha\n": "Änne Müller, Ben Roe, Sam Lee",
		"Name;Vorname\nMüller;Änne\n;Ben\nHermann;Herm\nEze;\n":              "Änne Müller, Ben, Herm Hermann, Eze",
	} {
		var got []string
		for _, p := range read(t, text, Options{}).People {
			got = append(got, p.Name)
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestAHeadingMayBePutTogetherFromTheManagerAndWhatIsSaidOfThem(t *testing.T) {
	known := fieldOf()
	for heading, want := range map[string]Field{
		"Vorgesetzter Pers.-Nr.": ManagerNumber, "Pers.-Nr. des Vorgesetzten": ManagerNumber, "Manager's employee number": ManagerNumber,
		"Line Manager / E-mail address": ManagerEmail, "Adresse e-mail du responsable": ManagerEmail, "Supervisor full name": Manager, "Numer osobowy przełożony": ManagerNumber,
		"Manager status": "", "Group manager": "", "Management": "", "Teamleiter seit": "",
	} {
		if got := recognise(known, heading); got != want {
			t.Errorf("%q is %q, want %q", heading, got, want)
		}
	}
	r := read(t, "Pers.-Nr.;Name;Vorname;Vorgesetzter Pers.-Nr.;Schuhgröße\n1;Obi;Ada;2;41\n2;Roe;Ben;1;44\n", Options{})
	if codes(r.Problems) != "2:manager_circle" || strings.Join(r.Unused(), ", ") != "Schuhgröße" {
		t.Errorf("%v, unused %q", codes(r.Problems), r.Unused())
	}
}

func TestNoHeadingIsListedForTwoFields(t *testing.T) {
	// "title" and the like may be listed once only, or the order decides silently.
	seen := map[string]Field{}
	for f, list := range headings {
		for h := range strings.SplitSeq(list, ",") {
			h = fold(h)
			if g, ok := seen[h]; ok && g != f {
				t.Errorf("%q is listed for %s and %s", h, f, g)
			}
			seen[h] = f
		}
	}
}

func TestAMappingComesFirst(t *testing.T) {
	m, order, err := ParseMapping(strings.NewReader("# ours\nCode = number\n\"Who, really\",name\nTitle;ignore\n@dates = mdy\n"))
	if err != nil || order != MonFirst {
		t.Fatal(m, order, err)
	}
	r := read(t, "Code,\"Who, really\",Title,Hired\n7,Ada Obi,x,03/04/2020\n", Options{Mapping: m, Dates: order})
	if p := r.People[0]; p.Number != "7" || p.Name != "Ada Obi" || p.Title != "" || p.Start != day(2020, 3, 4) || len(r.AskDates) > 0 {
		t.Errorf("%+v %v", p, r)
	}
	for _, bad := range []string{"Code", "Code = salary", "@dates = ydm", "= name"} {
		if _, _, err := ParseMapping(strings.NewReader(bad)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestDates(t *testing.T) {
	for in, want := range map[string]time.Time{
		"2020-03-04": day(2020, 3, 4), "2020/03/04": day(2020, 3, 4), "20200304": day(2020, 3, 4), "4.3.2020": day(2020, 3, 4), "04.03.20": day(2020, 3, 4), "04.03.1999": day(1999, 3, 4),
		"2020-03-04T00:00:00": day(2020, 3, 4), "2020-03-04 00:00:00.000": day(2020, 3, 4), "4 March 2020": day(2020, 3, 4), "March 4, 2020": day(2020, 3, 4), "04-Mar-20": day(2020, 3, 4), "Mar 4th 2020": day(2020, 3, 4),
		"4. März 2020": day(2020, 3, 4), "4 août 2020": day(2020, 8, 4), "6 de marzo de 2020": day(2020, 3, 6), "1er janvier 2020": day(2020, 1, 1), "43894": day(2020, 3, 4), "Wed 4 Mar 2020": day(2020, 3, 4), "2020-Mar-04": day(2020, 3, 4),
		"13/03/2020": day(2020, 3, 13), "29.02.2019": {}, "31.04.2020": {}, "soon": {}, "": {}, "12": {}, "00.00.0000": {}, "2020-13-01": {}, "99999999": {},
	} {
		w, ok := readDate(in)
		got, valid := w.date(DayFirst)
		if !ok || !valid {
			got = time.Time{}
		}
		if !got.Equal(want) {
			t.Errorf("%q: %v, want %v", in, got, want)
		}
	}
}

func TestAColumnOfDatesSaysItsOrder(t *testing.T) {
	file := func(dates ...string) string {
		s := "no,name,hire date\n"
		for i, d := range dates {
			s += fmt.Sprintf("%d,P%d,%s\n", i+1, i+1, d)
		}
		return s
	}
	r := read(t, file("03/04/2020", "12/31/2020"), Options{})
	if r.People[0].Start != day(2020, 3, 4) || r.Columns[2].Dates != MonFirst || len(r.Problems) > 0 {
		t.Errorf("month first: %+v", r)
	}
	r = read(t, file("03/04/2020", "31/12/2020"), Options{Dates: MonFirst})
	if r.People[0].Start != day(2020, 4, 3) {
		t.Errorf("the file knows better than the option: %+v", r)
	}
	r = read(t, file("03/04/2020", "05/06/2020", "07/07/2020"), Options{})
	if !r.People[0].Start.IsZero() || fmt.Sprint(r.AskDates) != "[hire date]" || codes(r.Problems) != "1:dates_ambiguous" || r.People[2].Start != day(2020, 7, 7) {
		t.Errorf("ambiguous: %+v", r)
	}
	r = read(t, file("03/04/2020", "31/12/2020", "12/31/2020"), Options{})
	if !r.People[0].Start.IsZero() || r.People[1].Start != day(2020, 12, 31) || r.People[2].Start != day(2020, 12, 31) || len(r.AskDates) != 1 {
		t.Errorf("contradictory: %+v", r)
	}
}

func TestRowsThatAreWrong(t *testing.T) {
	r := read(t, `no,name,email,manager,start,end,tz,language,status
1,Ada Obi,ada@example.org,1,2020-01-01,2019-01-01,Mars/Base,Klingon,orbiting
2,"Roe, Ben",no mail,1,soon,,,,orbiting
2,Ben Roe,ben@example.org,1,,,,,
,,,,2020-01-01,,,,
3,Chidi,ada@example.org,,,,,,
,,dora.lee@example.org,,,,,,
,Dora Lee,dora.lee@example.org,,,,,,
9,,,,,,,,
`, Options{})
	want := "2:end_before_start 2:zone_unknown 2:language_unknown 2:status_unknown 3:email_unreadable 3:date_unreadable 4:doubled 5:nobody 6:email_shared 7:name_missing 8:doubled 9:name_missing"
	if codes(r.Problems) != want {
		t.Errorf("%s", codes(r.Problems))
	}
	if len(r.People) != 5 || r.People[1].Name != "Ben Roe" || r.People[2].Email != "" || r.People[3].Name != "Dora Lee" || r.People[3].Key != "email:dora.lee@example.org" || r.People[4].Name != "9" {
		t.Errorf("%+v", r.People)
	}
	if r.People[0].Manager != (ManagerRef{}) || r.People[1].Manager.Line != 2 {
		t.Errorf("%+v", r.People)
	}
	for _, p := range r.Problems {
		if p.Code == "zone_unknown" && p.String() != `hr.csv:2: tz: "Mars/Base" is no time zone like Europe/Berlin; it was left out (row kept)` {
			t.Errorf("%s", p)
		}
	}
}

func TestManagersByNumberEmailAndName(t *testing.T) {
	r := read(t, `no;name;email;manager
0042;Ada Obi;ada@example.org;
2;Ben Roe;;42
3;Chidi Eze;;ADA@example.org
4;Dora Lee;;Obi, Ada
5;Eve Li;;Ada Obi (0042)
6;Fay Ox;;Nobody Known
7;Gus Po;;99
8;Same Name;;
9;Same Name;;
10;Hal Qi;;Same Name
`, Options{})
	for i, want := range []int{0, 2, 2, 2, 2, 0, 0, 0, 0, 0} {
		if got := r.People[i].Manager.Line; got != want {
			t.Errorf("%s reports to line %d, want %d", r.People[i].Name, got, want)
		}
	}
	if r.People[5].Manager.Name != "Nobody Known" || r.People[6].Manager.Number != "99" {
		t.Errorf("a manager from elsewhere is kept by name: %+v", r.People[5:7])
	}
	if codes(r.Problems) != "11:manager_ambiguous" {
		t.Errorf("%s", codes(r.Problems))
	}
}

func TestCirclesAreNamedAndLeftOut(t *testing.T) {
	r := read(t, "no,name,manager id\n1,Ada,3\n2,Ben,1\n3,Chidi,2\n4,Dora,1\n5,Eve,6\n6,Fay,5\n7,Gus,7\n", Options{})
	if codes(r.Problems) != "2:manager_circle 6:manager_circle" {
		t.Fatalf("%v", r.Problems)
	}
	if want := "the reporting line is a circle: Ada (line 2) → Chidi (line 4) → Ben (line 3) → Ada; these managers were left out"; r.Problems[0].Reason != want || r.Problems[0].Column != "manager id" {
		t.Errorf("%s", r.Problems[0])
	}
	for _, i := range []int{0, 1, 2, 4, 5, 6} {
		if r.People[i].Manager != (ManagerRef{}) {
			t.Errorf("%+v", r.People[i])
		}
	}
	if r.People[3].Manager.Line != 2 {
		t.Error("who reports into a circle keeps the manager")
	}
}

func TestReportingLinesAlwaysEnd(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(rt, "n")
		var b strings.Builder
		b.WriteString("no,name,manager id\n")
		for i := range n {
			fmt.Fprintf(&b, "%d,P%d,%d\n", i+1, i+1, rapid.IntRange(0, n).Draw(rt, "m"))
		}
		r, err := Read(strings.NewReader(b.String()), "f", Options{})
		if err != nil {
			rt.Fatal(err)
		}
		for i := range r.People {
			steps := 0
			for k := i; r.People[k].Manager.Line != 0; k = r.People[k].Manager.Line - 2 {
				if steps++; steps > n {
					rt.Fatalf("a circle is left:\n%s%v", b.String(), r.Problems)
				}
			}
		}
	})
}

func TestWhatIsNoListOfPeople(t *testing.T) {
	for _, s := range []string{"", "a,b\n1,2\n", "title,department\nx,y\n", "\x00\x01"} {
		if _, err := Read(strings.NewReader(s), "f", Options{}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", s, err)
		}
	}
	dir := hostile.Files(t)
	for _, f := range []string{"csv_formula.csv", "csv_nul_bom.csv", "csv_wide.csv", "utf8_bad.bin", "unicode_spoof.txt"} {
		b, err := os.ReadFile(filepath.Join(dir, f))
		if err != nil {
			t.Fatal(err)
		}
		r, err := Read(bytes.NewReader(b), f, Options{})
		if err != nil && !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", f, err)
		}
		if r != nil {
			t.Logf("%s: %d people, %s", f, len(r.People), codes(r.Problems))
		}
	}
}

func TestUTF16(t *testing.T) {
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune("Name\tE-mail\r\nZoë 漢\tz@example.org\r\n")) {
		b = append(b, byte(u), byte(u>>8))
	}
	r := read(t, string(b), Options{})
	if r.Encoding != table.UTF16 || r.People[0].Name != "Zoë 漢" || r.People[0].Email != "z@example.org" {
		t.Errorf("%+v", r)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("no,name,manager,start,end,email\n1,Ada,1,01/02/2020,,a@b\n2,\"B, C\",Ada,2,3,"))
	f.Add([]byte("Name;E-Mail\nx;<a@b>\n"))
	f.Add([]byte("name,email,language,tz,status\na,,de-,Local,\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Read(bytes.NewReader(b), "f", Options{})
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatal(err)
			}
			return
		}
		keys := map[string]bool{}
		for _, p := range r.People {
			if p.Key == "" || p.Name == "" || keys[p.Key] {
				t.Fatalf("%+v", p)
			}
			keys[p.Key] = true
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var s strings.Builder
	s.WriteString("no;name;email;title;unit;site;manager no;start\n")
	for i := range 10000 {
		fmt.Fprintf(&s, "%d;Person %d;p%d@example.org;Fitter;Line %d;Leeds;%d;%02d.03.2019\n", i+1, i, i, i%30, i/10, i%28+1)
	}
	b.SetBytes(int64(s.Len()))
	for b.Loop() {
		if _, err := Read(strings.NewReader(s.String()), "f", Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
