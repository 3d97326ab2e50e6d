package mentoring

// Shapes of a programme.
const (
	ShapePairs  = "pairs"  // a mentor and a mentee; a mentor may have several such pairs
	ShapeGroups = "groups" // a mentor and all of their mentees in one room
	ShapePeers  = "peers"  // two who coach each other
)

// Ways in which people are brought together.
const (
	WayCohort  = "cohort"  // an organiser looks over what a run proposes
	WayJoiners = "joiners" // each who is new gets a buddy proposed
	WaySelf    = "self"    // mentees choose from suggestions
)

// Template is a programme to begin with. Its name, purpose and questions are
// messages "mentoring.template." + Key.
type Template struct {
	Key       string
	Shape     string
	Way       string
	Weeks     int
	Capacity  int
	Questions int // how many of the messages .question1 ...
	Weights   Weights
}

// Templates are the programmes people start most.
var Templates = [...]Template{
	{"joiners", ShapePairs, WayJoiners, 13, 2, 2, Weights{BySkills: "1", ByUnit: "3", ByHours: "5", ByLanguage: "must", BySite: "5", ByLine: "1"}},
	{"women", ShapePairs, WayCohort, 39, 1, 2, Weights{BySkills: "5", ByUnit: "3", ByHours: "3", ByLanguage: "5", BySite: "off", ByLine: "must"}},
	{"reverse", ShapePairs, WayCohort, 26, 1, 2, Weights{BySkills: "5", ByUnit: "5", ByHours: "3", ByLanguage: "5", BySite: "off", ByLine: "must"}},
	{"peers", ShapePeers, WayCohort, 26, 1, 2, Weights{BySkills: "3", ByUnit: "5", ByHours: "5", ByLanguage: "5", BySite: "off", ByLine: "must"}},
	{"groups", ShapeGroups, WayCohort, 26, 5, 1, Weights{BySkills: "must", ByUnit: "1", ByHours: "5", ByLanguage: "5", BySite: "1", ByLine: "off"}},
	{"craft", ShapePairs, WayCohort, 52, 1, 2, Weights{BySkills: "must", ByUnit: "off", ByHours: "5", ByLanguage: "5", BySite: "must", ByLine: "off"}},
}

func template(key string) (Template, bool) {
	for _, t := range Templates {
		if t.Key == key {
			return t, true
		}
	}
	return Template{}, false
}
