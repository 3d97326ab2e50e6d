// Package world is the demo organisation: a maker of water instruments with
// about 1,200 people at six sites, and two years of what they asked and
// answered. It is written through the services with a moved clock, so every
// receipt in it is real, and it is the same for the same seed.
package world

// site is a place of the demo organisation.
type site struct {
	name, zone, country, language string
	share                         int // of a hundred people
	first, last                   []string
}

var sites = []site{
	{"Porto", "Europe/Lisbon", "PT", "pt", 20,
		[]string{"Ana", "António", "Beatriz", "Bruno", "Carla", "Catarina", "Diogo", "Duarte", "Filipa", "Francisco", "Gonçalo", "Helena", "Hugo", "Inês", "Joana", "João", "Leonor", "Luís", "Mafalda", "Manuel", "Maria", "Marta", "Mateus", "Miguel", "Nuno", "Patrícia", "Pedro", "Raquel", "Ricardo", "Rita", "Rui", "Sara", "Sofia", "Teresa", "Tiago", "Vasco"},
		[]string{"Almeida", "Antunes", "Barbosa", "Cardoso", "Carvalho", "Correia", "Costa", "Dias", "Esteves", "Faria", "Fernandes", "Figueiredo", "Fonseca", "Gomes", "Lopes", "Machado", "Magalhães", "Marques", "Martins", "Matos", "Moreira", "Neves", "Nogueira", "Oliveira", "Pereira", "Pinto", "Ramos", "Ribeiro", "Rocha", "Santos", "Silva", "Sousa", "Teixeira", "Vieira"}},
	{"Leeds", "Europe/London", "GB", "en", 22,
		[]string{"Adam", "Alice", "Amelia", "Andrew", "Bethany", "Callum", "Charlotte", "Daniel", "Eleanor", "Emily", "George", "Grace", "Hannah", "Harriet", "Imogen", "Jack", "James", "Jasmine", "Joseph", "Lauren", "Lewis", "Lucy", "Matthew", "Megan", "Naomi", "Nathan", "Oliver", "Owen", "Rebecca", "Rosie", "Samuel", "Sophie", "Thomas", "Victoria", "William", "Yusuf"},
		[]string{"Ansah", "Atkinson", "Bailey", "Barker", "Bennett", "Booth", "Brooks", "Clarke", "Coates", "Crossley", "Dawson", "Ellis", "Farrow", "Fletcher", "Gill", "Greenwood", "Hartley", "Holmes", "Hussain", "Jackson", "Kaye", "Lister", "Marsden", "Naylor", "Okafor", "Patel", "Priestley", "Reid", "Shaw", "Sykes", "Thackray", "Walker", "Whitlock", "Wright"}},
	{"Rotterdam", "Europe/Amsterdam", "NL", "nl", 18,
		[]string{"Anouk", "Bart", "Bas", "Daan", "Eline", "Emma", "Esther", "Femke", "Floor", "Hanneke", "Ilse", "Jan", "Jeroen", "Joost", "Karin", "Lars", "Lieke", "Lotte", "Maarten", "Marieke", "Marloes", "Mees", "Noor", "Pieter", "Roos", "Ruben", "Sander", "Sanne", "Sjoerd", "Stijn", "Thijs", "Tim", "Willem", "Yara"},
		[]string{"Bakker", "de Boer", "Bos", "Brouwer", "Dekker", "Dijkstra", "van Dijk", "Haddad", "Hendriks", "Hoekstra", "de Jong", "Jansen", "Kok", "Koster", "Kuipers", "van Leeuwen", "Maas", "Meijer", "Mulder", "Peters", "Postma", "Prins", "Schouten", "Smit", "Smits", "Timmermans", "Veenstra", "Verhoeven", "Visser", "Vos", "de Vries", "Willems", "de Wit", "Wolters"}},
	{"Gdańsk", "Europe/Warsaw", "PL", "pl", 14,
		[]string{"Adam", "Agnieszka", "Aleksandra", "Andrzej", "Anna", "Barbara", "Bartosz", "Dorota", "Ewa", "Filip", "Grzegorz", "Hanna", "Jakub", "Joanna", "Kamil", "Karolina", "Katarzyna", "Krzysztof", "Łukasz", "Magda", "Maja", "Marcin", "Marek", "Marta", "Mateusz", "Michał", "Monika", "Natalia", "Paweł", "Piotr", "Rafał", "Tomasz", "Wojciech", "Zofia"},
		[]string{"Adamski", "Baran", "Borkowska", "Czarnecki", "Duda", "Dąbrowska", "Gajewski", "Górski", "Jankowska", "Jaworska", "Kaczmarek", "Kamińska", "Kozłowski", "Kowalczyk", "Krawczyk", "Król", "Kubiak", "Lewandowska", "Maciejewska", "Malinowski", "Mazur", "Michalska", "Nowak", "Olszewski", "Pawlak", "Piotrowska", "Rutkowska", "Sikora", "Szymański", "Walczak", "Wieczorek", "Wilk", "Wójcik", "Zieliński"}},
	{"Toronto", "America/Toronto", "CA", "en", 12,
		[]string{"Aaliyah", "Alex", "Avery", "Benoît", "Brianna", "Carlos", "Chloe", "Dylan", "Elena", "Ethan", "Fatima", "Gabriel", "Isabelle", "Jordan", "Julien", "Kayla", "Kevin", "Liam", "Logan", "Maya", "Mei", "Michelle", "Mohamed", "Nadia", "Noah", "Olivia", "Priya", "Rachel", "Ryan", "Sienna", "Simon", "Tara", "Wei", "Zoe"},
		[]string{"Ahmed", "Bélanger", "Campbell", "Chan", "Chen", "Côté", "Desjardins", "Fraser", "Gagnon", "Garcia", "Grant", "Huang", "Jeong", "Kim", "Lavoie", "Lee", "Liu", "MacDonald", "Martin", "McKenzie", "Morin", "Murray", "Nguyen", "Osman", "Park", "Pelletier", "Rossi", "Roy", "Sharma", "Singh", "Tremblay", "Tran", "Wilson", "Wong"}},
	{"Pune", "Asia/Kolkata", "IN", "en", 14,
		[]string{"Aarav", "Aditi", "Ajay", "Amit", "Ananya", "Anil", "Arjun", "Asha", "Deepa", "Dev", "Divya", "Gauri", "Isha", "Kavita", "Kiran", "Lakshmi", "Manish", "Meera", "Mihir", "Neha", "Nikhil", "Nisha", "Pooja", "Pranav", "Priya", "Rahul", "Ravi", "Rohan", "Sanjay", "Shreya", "Sunil", "Tanvi", "Varun", "Vikram"},
		[]string{"Bhatt", "Bose", "Chaudhari", "Chavan", "Das", "Deshmukh", "Deshpande", "Gaikwad", "Ghosh", "Gokhale", "Gupta", "Iyer", "Jadhav", "Joshi", "Kale", "Kapoor", "Kulkarni", "Kumar", "Malhotra", "Mehta", "Menon", "Mishra", "More", "Nair", "Patil", "Pawar", "Rane", "Rao", "Reddy", "Sawant", "Shah", "Shinde", "Thakur", "Verma"}},
}

// unit is a department of the demo organisation.
type unit struct {
	name   string
	share  int // of a hundred people
	titles []string
	lead   string
	shifts bool // works around the clock
	noMail int  // of a hundred people, how many have no e-mail
	things []string
	skills []string // beside those of its topics
	ask    string   // what somebody may write under "ask me about"
}

var units = []unit{
	{"Field Service", 18, []string{"Service technician", "Senior service technician", "Commissioning engineer"}, "Regional service lead", false, 10,
		[]string{"TW-300 probe", "TW-310 probe", "GX-2 gateway", "DP-40 dosing pump", "CP-8 circulation pump"},
		[]string{"First aid", "Driving on site", "Portuguese", "Electrical safety"}, "first hours on a site you've never seen"},
	{"Operations", 22, []string{"Operator", "Shift lead", "Process technician", "Maintenance fitter"}, "Operations manager", true, 55,
		[]string{"line 3", "filter press 2", "DP-40 dosing pump", "CP-8 circulation pump", "clean room 1"},
		[]string{"First aid", "Welding", "Hydraulics", "Training on the job"}, "what the night shift knows and nobody writes down"},
	{"Calibration Lab", 9, []string{"Calibration technician", "Metrologist", "Lab assistant"}, "Head of the lab", true, 15,
		[]string{"TW-300 probe", "TW-310 probe", "PH-11 probe", "flow rig 2"},
		[]string{"Electronics", "LabVIEW", "Statistics"}, "numbers after the comma"},
	{"Firmware", 10, []string{"Firmware engineer", "Senior firmware engineer", "Test engineer"}, "Firmware lead", false, 0,
		[]string{"TW-300 probe", "TW-310 probe", "GX-2 gateway", "PH-11 probe"},
		[]string{"Rust", "Debugging", "Electronics"}, "anything under 64 kB"},
	{"Quality", 9, []string{"Quality engineer", "Inspector", "Auditor"}, "Head of quality", false, 8,
		[]string{"line 3", "TW-300 probe", "flow rig 2"},
		[]string{"Six Sigma", "Technical drawing", "Presenting"}, "why we do it this way"},
	{"Customer Support", 12, []string{"Support specialist", "Technical support", "Customer advisor"}, "Support lead", true, 0,
		[]string{"TW-300 probe", "GX-2 gateway", "PH-11 probe", "customer portal"},
		[]string{"French", "Spanish", "Polish", "Active listening"}, "the thing behind the question"},
	{"Finance", 7, []string{"Controller", "Accountant", "Purchaser"}, "Head of finance", false, 0,
		[]string{"SAP", "cost report"}, []string{"Power BI", "Contract law basics", "Presenting"}, "numbers for people who don't like numbers"},
	{"IT Platform", 8, []string{"Platform engineer", "System administrator", "Data engineer"}, "IT lead", false, 0,
		[]string{"customer portal", "GX-2 gateway", "data lake"}, []string{"Kubernetes", "Go", "Bash"}, "why it's slow"},
	{"People & Learning", 5, []string{"People partner", "Learning designer", "Recruiter"}, "Head of people", false, 0,
		[]string{"training room", "induction week"}, []string{"Conflict resolution", "Presenting", "Arabic"}, "how to start a hard conversation"},
}

// Five people of the demo organisation whose sign-in links are printed.
type member struct {
	name, unit, site, title, role, about string
	teaches                              []string
}

var cast = []member{
	{"Ines Duarte", "Field Service", "Porto", "Senior service technician", "member", "Turbidity, first hours on a site, and Portuguese for beginners.", []string{"Working safely", "Customer conversations", "Lockout and tagout", "Turbidity measurement"}},
	{"Marta Kowalczyk", "Calibration Lab", "Leeds", "Metrologist", "member", "Offset tables, uncertainty, and why your probe isn't lying.", []string{"Calibration", "Turbidity measurement", "Measurement uncertainty", "pH measurement"}},
	{"Tomasz Zieliński", "Operations", "Gdańsk", "Operations manager", "member", "Shift handovers that work, and what to do at three in the morning.", []string{"Shift handover", "Continuous improvement", "Chlorine handling", "Process control"}},
	{"Amara Okafor", "People & Learning", "Leeds", "Learning designer", "organiser", "Workshops, onboarding, and saying less.", []string{"Facilitation", "Workshop design", "Onboarding", "Giving feedback"}},
	{"Ravi Menon", "IT Platform", "Pune", "System administrator", "admin", "Single sign-on, backups and anything with a cable.", []string{"Networking", "Linux", "Information security", "Passwords"}},
}

var customers = []string{"Northwater", "Águas do Vale", "Waterschap Zuid", "Baltic Utilities", "Lakeshore Water", "Sahyadri Municipal"}
var versions = []string{"4.1", "4.2", "4.3", "5.0", "5.1"}
