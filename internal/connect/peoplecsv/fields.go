package peoplecsv

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Field is what a column holds.
type Field string

// The fields. Manager is a column of which only its values say what it names.
const (
	Number        Field = "number"
	Email         Field = "email"
	Name          Field = "name"
	First         Field = "first"
	Last          Field = "last"
	Title         Field = "title"
	Unit          Field = "unit"
	Site          Field = "site"
	Manager       Field = "manager"
	ManagerNumber Field = "manager_number"
	ManagerEmail  Field = "manager_email"
	ManagerName   Field = "manager_name"
	Start         Field = "start"
	End           Field = "end"
	Zone          Field = "zone"
	Language      Field = "language"
	Status        Field = "status"
	Ignore        Field = "ignore"
)

// Fields lists what a mapping may name.
func Fields() []Field {
	return []Field{Number, Email, Name, First, Last, Title, Unit, Site, Manager, ManagerNumber, ManagerEmail, ManagerName, Start, End, Zone, Language, Status, Ignore}
}

// fieldList is what a mapping may name, for a sentence.
func fieldList() string {
	var b []string
	for _, f := range Fields() {
		b = append(b, string(f))
	}
	return strings.Join(b, ", ")
}

// costCentre tells whether the folded heading is about where money is counted.
// It stands for a unit only where no other column names one: people know each
// other by department, not by 4711.
func costCentre(heading string) bool {
	for _, s := range []string{"cost cent", "kostenst", "kostenpl", "centre de cout", "centro de cost", "centro de cust", "centro di costo"} {
		if strings.Contains(heading, s) {
			return true
		}
	}
	return false
}

// fold brings headings and words together that differ in case, accents, spaces
// and punctuation only.
func fold(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(s)) {
		switch {
		case r == 'ł':
			b.WriteByte('l')
		case r == 'ø':
			b.WriteByte('o')
		case r == 'ß':
			b.WriteString("ss")
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		case r == '#':
			b.WriteString("number")
		}
	}
	return b.String()
}

// headings are the spellings met in exports, folded: English, German, French,
// Spanish, Italian, Portuguese, Dutch, Polish, Swedish.
var headings = map[Field]string{
	Number: `employee id, employee number, employee no, employeeid, emp id, emp no, emp number, empid, personnel number, personnel no, pers no, person number, person id, staff id, staff number, staff no, payroll number, payroll id, worker id, workday id, badge number, badge id, user id, userid, sap id, clock number, id, number, no,
		personalnummer, personal nr, pers nr, persnr, personal-nr., mitarbeiternummer, mitarbeiter nr, mitarbeiter id, ma nr, stammnummer, ausweisnummer,
		matricule, numero matricule, numero d'employe, numero employe, no employe, matricule salarie, id employe, numero de personnel,
		numero de empleado, no de empleado, num empleado, id empleado, legajo, numero de personal, codigo de empleado,
		matricola, numero matricola, id dipendente, codice dipendente, matricula, numero de funcionario, id funcionario, codigo do funcionario, numero do colaborador, numero mecanografico,
		personeelsnummer, medewerkernummer, personeelsnr, werknemernummer, numer pracownika, numer osobowy, nr pracownika, id pracownika, nr ewidencyjny, anstallningsnummer, personalnummer id, medarbejdernummer, ansattnummer`,
	Email: `email, e-mail, email address, e-mail address, mail, work email, business email, company email, primary email, email work, office email, work e-mail address, user principal name, upn, emailaddress, contact email,
		e-mail-adresse, emailadresse, mailadresse, e-mail geschaftlich, geschaftliche e-mail, dienstliche e-mail, e-mail dienstlich, e-mail (arbeit),
		courriel, adresse e-mail, adresse mail, adresse email, e-mail professionnel, mail professionnel, email professionnel, adresse electronique, adresse de courriel,
		correo, correo electronico, email corporativo, correo corporativo, direccion de correo, e-mail corporativo, posta elettronica, indirizzo e-mail, email aziendale, e-mail aziendale, endereco de e-mail, e-mail profissional, correio eletronico,
		e-mailadres, zakelijk e-mailadres, adres e-mail, adres email, sluzbowy e-mail, e-postadress, epost, e-post`,
	Name: `name, full name, fullname, display name, displayname, employee name, employee, worker, worker name, person, preferred name, legal name, complete name, staff name, common name, formatted name,
		mitarbeiter, mitarbeitername, vollstandiger name, anzeigename, vor und nachname, name vorname, nachname vorname, vorname nachname, mitarbeiterin, mitarbeitende,
		nom complet, nom et prenom, nom prenom, prenom nom, salarie, collaborateur, employe, nom affiche,
		nombre completo, nombre y apellidos, apellidos y nombre, empleado, nombre y apellido, nome completo, nome e cognome, cognome e nome, dipendente, funcionario, colaborador, nominativo,
		volledige naam, naam, medewerker, werknemer, imie i nazwisko, nazwisko i imie, pracownik, namn, fullstandigt namn`,
	First: `first name, firstname, given name, givenname, forename, first, preferred first name, legal first name, fname,
		vorname, rufname, vornamen, prenom, prenoms, nombre, nombres, primer nombre, nome, primeiro nome, nome proprio, voornaam, roepnaam, imie, fornamn, fornavn`,
	Last: `last name, lastname, surname, family name, familyname, last, legal last name, lname, sn,
		nachname, familienname, zuname, nom, nom de famille, nom usuel, apellido, apellidos, primer apellido, cognome, apelido, sobrenome, ultimo nome, achternaam, familienaam, nazwisko, efternamn, etternavn`,
	Title: `title, job title, jobtitle, position, position title, job, role, business title, job role, function, designation, occupation, job name, job profile,
		stelle, stellenbezeichnung, position bezeichnung, funktion, berufsbezeichnung, tatigkeit, jobtitel, planstelle, rolle, stellentitel,
		poste, fonction, intitule du poste, intitule de poste, emploi, metier, titre du poste, puesto, cargo, puesto de trabajo, titulo del puesto, funcion, mansione, ruolo, posizione, qualifica, funcao, posto,
		functie, functietitel, functienaam, stanowisko, funkcja, befattning, stilling, titel`,
	Unit: `department, dept, unit, org unit, organizational unit, organisational unit, organisation unit, organization unit, organization, division, team, department name, business unit, cost center, cost centre, cost center name, group, supervisory organization, section, area, dept name, department code,
		abteilung, bereich, organisationseinheit, org einheit, orgeinheit, kostenstelle, dezernat, abteilungsname, kostenstellenbezeichnung, fachbereich, referat, oe,
		service, departement, direction, equipe, unite, unite organisationnelle, pole, centre de cout, centre de couts, departamento, area de trabajo, unidad, unidad organizativa, equipo, seccion, centro de coste, centro de costo, reparto, dipartimento, ufficio, unita organizzativa, unita, centro di costo, setor, unidade, unidade organizacional, equipa, centro de custo,
		afdeling, eenheid, kostenplaats, organisatie eenheid, dzial, departament, jednostka organizacyjna, zespol, avdelning, avdeling, enhet`,
	Site: `site, location, office, office location, work location, plant, branch, place, city, workplace, facility, building, location name, work site, office name, campus, store,
		standort, werk, niederlassung, arbeitsort, ort, betriebsstatte, dienstort, buro, filiale, einsatzort, site de travail, lieu, lieu de travail, etablissement, agence, bureau, ville, localisation, usine,
		sede, centro de trabajo, ubicacion, lugar de trabajo, oficina, ciudad, planta, localidad, sede di lavoro, luogo di lavoro, stabilimento, citta, local, local de trabalho, escritorio, cidade, fabrica, filial,
		locatie, vestiging, standplaats, werklocatie, plaats, lokalizacja, miejsce pracy, oddzial, miasto, zaklad, plats, kontor, arbetsplats, lokasjon`,
	Manager: `manager, supervisor, line manager, reports to, reporting to, boss, direct manager, direct supervisor, managed by, reporting manager, team lead, people manager, superior,
		vorgesetzter, vorgesetzte, vorgesetzte r, vorgesetzten, fuhrungskraft, direkter vorgesetzter, disziplinarischer vorgesetzter, leiter, teamleiter,
		responsable, responsable hierarchique, superieur, superieur hierarchique, n+1, jefe, jefe directo, supervisor directo, reporta a, responsable directo, gestor, chefia, superior imediato, gerente, gestor direto, responsabile, responsabile diretto, superiore, capo,
		leidinggevende, direct leidinggevende, manager naam id, przelozony, kierownik, bezposredni przelozony, chef, narmaste chef, leder, naermeste leder`,
	ManagerNumber: `manager id, manager number, manager no, manager employee id, manager employee number, manager personnel number, supervisor id, supervisor number, supervisor employee id, reports to id, manager emp id, line manager id, line manager number, manager worker id,
		personalnummer vorgesetzter, personalnummer des vorgesetzten, personalnummer fuhrungskraft, vorgesetzter personalnummer, vorgesetzten nr, vorgesetzter nr, vorgesetzter id, fuhrungskraft nr, fuhrungskraft id, fuhrungskraft personalnummer, personalnr vorgesetzter,
		matricule manager, matricule responsable, matricule du responsable, matricule n+1, id manager, id responsable, matricule superieur, numero del jefe, id jefe, numero de empleado del jefe, id supervisor, numero jefe, matricola responsabile, id responsabile, matricula gestor, id gestor, matricula do gestor,
		personeelsnummer leidinggevende, id leidinggevende, numer przelozonego, id przelozonego, chef id, chef anstallningsnummer`,
	ManagerEmail: `manager email, manager e-mail, manager mail, manager email address, supervisor email, supervisor e-mail, line manager email, reports to email, manager work email, managers email,
		e-mail vorgesetzter, e-mail des vorgesetzten, vorgesetzter e-mail, e-mail fuhrungskraft, fuhrungskraft e-mail, mail vorgesetzter, vorgesetzten e-mail,
		email manager, email responsable, e-mail responsable, courriel du responsable, e-mail manager, mail manager, email du manager, email n+1, correo jefe, correo del jefe, email jefe, email del jefe, email supervisor, correo del supervisor, email responsabile, e-mail responsabile, email gestor, e-mail gestor, email do gestor,
		e-mail leidinggevende, email leidinggevende, email przelozonego, e-mail przelozonego, chef e-post`,
	ManagerName: `manager name, manager full name, supervisor name, line manager name, reports to name, name of manager, manager display name,
		name vorgesetzter, name des vorgesetzten, vorgesetzter name, name fuhrungskraft, fuhrungskraft name, nom du manager, nom manager, nom responsable, nom du responsable, nombre del jefe, nombre jefe, nombre del supervisor, nome responsabile, nome gestor, nome do gestor, naam leidinggevende, naam manager, imie i nazwisko przelozonego, chef namn`,
	Start: `start date, start, hire date, hired, hired on, date of hire, joining date, join date, joined, date joined, employment start, employment start date, entry date, original hire date, service date, date of joining, begin date, commencement date, start date of employment,
		eintritt, eintrittsdatum, eintritt am, beginn, beschaftigt seit, beschaftigungsbeginn, einstellungsdatum, vertragsbeginn,
		date d'entree, date d'embauche, embauche, date debut, date de debut, date d'arrivee, date anciennete, entree, fecha de alta, fecha de ingreso, fecha de inicio, fecha ingreso, alta, fecha de contratacion, data assunzione, data di assunzione, data inizio, assunzione, data de admissao, admissao, data de inicio, data de entrada,
		datum in dienst, in dienst, startdatum, indiensttreding, datum indiensttreding, data zatrudnienia, zatrudniony od, data rozpoczecia, anstallningsdatum, ansatt fra`,
	End: `end date, end, termination date, terminated on, leave date, leaving date, last day, last working day, exit date, employment end, employment end date, date left, separation date, contract end, contract end date, left on,
		austritt, austrittsdatum, austritt am, ende, beschaftigungsende, vertragsende, befristet bis, date de sortie, date de depart, date fin, date de fin, sortie, fin de contrat, date fin contrat, fecha de baja, fecha baja, baja, fecha de fin, fecha de salida, fin de contrato, data cessazione, data di cessazione, data fine, cessazione, data de demissao, data de saida, data de fim, demissao, desligamento,
		datum uit dienst, uit dienst, einddatum, data zwolnienia, data zakonczenia, zatrudniony do, slutdatum, sluttdato`,
	Zone:     `time zone, timezone, tz, zeitzone, fuseau horaire, fuseau, zona horaria, huso horario, fuso orario, fuso horario, tijdzone, strefa czasowa, tidszon, tidssone`,
	Language: `language, preferred language, lang, locale, correspondence language, sprache, korrespondenzsprache, muttersprache, langue, langue preferee, idioma, idioma preferido, lengua, lingua, lingua preferita, taal, voorkeurstaal, jezyk, sprak`,
	Status: `status, employment status, employee status, worker status, active, active status, state, is active, user status, account status, work status, enabled,
		beschaftigungsstatus, mitarbeiterstatus, aktiv, statut, etat, statut employe, actif, estado, estatus, situacion, activo, estado del empleado, stato, attivo, situacao, ativo, actief, dienstverband status, aktywny, stan, aktiv status`,
}

// fieldOf maps folded headings to fields.
func fieldOf() map[string]Field {
	m := map[string]Field{}
	// In the order of Fields, so that a spelling listed twice means the earlier.
	for _, f := range Fields() {
		for h := range strings.SplitSeq(headings[f], ",") {
			if h = fold(h); h != "" {
				if _, have := m[h]; !have {
					m[h] = f
				}
			}
		}
	}
	return m
}

// recognise returns the field of a heading, "" when it is none we know. What
// stands in brackets and a numbering or prefix in front may be left out.
func recognise(known map[string]Field, heading string) Field {
	try := []string{heading}
	if k := strings.IndexAny(heading, "(["); k > 0 {
		try = append(try, heading[:k])
	}
	if k := strings.LastIndexAny(heading, ".:/>"); k >= 0 && k+1 < len(heading) {
		// "Worker.First_Name", "Personal data / Last name"
		try = append(try, heading[k+1:])
	}
	for n, h := range try {
		if f, ok := known[fold(h)]; ok {
			return f
		}
		if f := ofManager(known, fold(h)); n == 0 && f != "" {
			// Before what stands behind a dot or slash: "Manager / E-mail" is
			// no address of the person themselves.
			return f
		}
	}
	return ""
}

// ofManager returns what a folded heading says about the manager when it is put
// together from a word for them and one for what is said: "Vorgesetzter
// Pers.-Nr.", "Numer osobowy przełożonego". It is "" for every other heading.
func ofManager(known map[string]Field, heading string) Field {
	for word := range strings.SplitSeq(headings[Manager], ",") {
		word = fold(word)
		if len(word) < 4 {
			continue // "n+1"
		}
		for _, side := range []func(string, string) (string, bool){strings.CutPrefix, strings.CutSuffix} {
			rest, ok := side(heading, word)
			if !ok || rest == "" {
				continue
			}
			for _, link := range []string{"", "s", "des", "der", "du", "de la", "de", "del", "della", "do", "da", "of", "van"} {
				about := strings.TrimSuffix(rest, fold(link))
				if link == "s" {
					about = strings.TrimPrefix(rest, link) // "Manager's number"
				}
				switch known[about] {
				case Number:
					return ManagerNumber
				case Email:
					return ManagerEmail
				case Name:
					// Their name, or whatever else says who they are.
					return Manager
				}
			}
		}
	}
	return ""
}

// Presence is what a status column says.
type Presence string

// What a person is. Away is somebody on leave, who stays.
const (
	Unknown Presence = ""
	Active  Presence = "active"
	Away    Presence = "away"
	Left    Presence = "left"
)

var statuses = map[Presence]string{
	Active: `active, aktiv, actif, active employee, activo, activa, attivo, attiva, ativo, ativa, actief, aktywny, aktywna, employed, current, working, yes, y, true, 1, ja, oui, si, sim, tak, x, enabled, beschaftigt, present, en poste, regular, permanent, onboarded, probation, probezeit, full time, part time, vollzeit, teilzeit, in service, in dienst, hired, a`,
	Away:   `on leave, leave, parental leave, maternity leave, paternity leave, sabbatical, long term sick, sick leave, suspended, furlough, elternzeit, mutterschutz, beurlaubt, ruhend, langzeitkrank, krank, sabbatjahr, conge, conge parental, en conge, arret maladie, conge maternite, suspendu, de baja, excedencia, licencia, baja medica, permiso, in congedo, aspettativa, maternita, afastado, licenca, de licenca, met verlof, ouderschapsverlof, ziek, urlop, urlop macierzynski, urlop wychowawczy, zwolnienie lekarskie, inactive on leave, l`,
	Left:   `inactive, inaktiv, terminated, left, leaver, former, resigned, retired, dismissed, deceased, no, n, false, 0, nein, non, nao, nie, disabled, ausgeschieden, ausgetreten, gekundigt, rentner, pensioniert, ehemalig, inactif, sorti, parti, retraite, demissionnaire, inactivo, inactiva, cesado, jubilado, inattivo, cessato, dimesso, inativo, demitido, desligado, aposentado, uit dienst, inactief, zwolniony, nieaktywny, separated, withdrawn, exited, t`,
}

var languages = map[string]string{
	"en": "english, englisch, anglais, ingles, inglese, engels, angielski, eng", "de": "german, deutsch, allemand, aleman, tedesco, alemao, duits, niemiecki, ger, deu",
	"fr": "french, franzosisch, francais, frances, francese, frans, francuski, fra, fre", "es": "spanish, spanisch, espagnol, espanol, spagnolo, espanhol, spaans, hiszpanski, castellano, spa, esp",
	"pt": "portuguese, portugiesisch, portugais, portugues, portoghese, portugees, portugalski, por", "it": "italian, italienisch, italien, italiano, italiaans, wloski, ita",
	"nl": "dutch, niederlandisch, neerlandais, neerlandes, olandese, holandes, nederlands, holenderski, nld, dut", "pl": "polish, polnisch, polonais, polaco, polacco, polones, pools, polski, pol",
	"ar": "arabic, arabisch, arabe, arabo, arabski, العربية, ara", "tr": "turkish, turkisch, turc, turco, turkce, tur", "uk": "ukrainian, ukrainisch, ukrainien, ucraniano, ukrainski, ukr",
	"ru": "russian, russisch, russe, ruso, russo, rosyjski, rus", "zh": "chinese, chinesisch, chinois, chino, cinese, chinski, zho, chi, mandarin", "ja": "japanese, japanisch, japonais, japones, jpn",
	"sv": "swedish, schwedisch, suedois, sueco, svenska, swe", "da": "danish, danisch, danois, dansk, dan", "nb": "norwegian, norwegisch, norvegien, norsk, nor, no", "fi": "finnish, finnisch, finnois, suomi, fin",
	"cs": "czech, tschechisch, tcheque, cestina, ces, cze", "hu": "hungarian, ungarisch, hongrois, magyar, hun", "ro": "romanian, rumanisch, roumain, romana, ron, rum", "ko": "korean, koreanisch, coreen, kor",
}
