package world

import (
	_ "embed"
	"strings"
)

//go:embed topics.txt
var topicsText string

// topic is a kind of question that comes up in a unit, with what people answer.
type topic struct {
	unit     string
	skills   []string
	titles   []string
	bodies   []string
	answers  []string
	comments []string
}

// topics reads the file: a blank line ends a topic, "\n" breaks a line.
func topics() []topic {
	var out []topic
	for _, block := range strings.Split(topicsText, "\n\n") {
		var t topic
		for _, line := range strings.Split(block, "\n") {
			field, text, ok := strings.Cut(line, ": ")
			if !ok || strings.HasPrefix(line, "#") {
				continue
			}
			text = strings.ReplaceAll(text, `\n`, "\n")
			switch field {
			case "unit":
				t.unit = text
			case "skills":
				t.skills = strings.Split(text, ", ")
			case "title":
				t.titles = append(t.titles, text)
			case "body":
				t.bodies = append(t.bodies, text)
			case "answer":
				t.answers = append(t.answers, text)
			case "comment":
				t.comments = append(t.comments, text)
			}
		}
		if t.unit != "" {
			out = append(out, t)
		}
	}
	return out
}
