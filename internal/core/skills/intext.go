package skills

import (
	"strings"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// maxInText bounds how many words of a sentence are read as names of skills.
const maxInText = 40

// InText reads a sentence: the skills it names, by name or synonym, the longest
// names first. Merged skills lead to what they were merged into.
func InText(tx *db.Tx, sentence string) ([]Tag, error) {
	words := strings.Fields(Norm(sentence))
	if len(words) > maxInText {
		words = words[:maxInText]
	}
	var out []Tag
	seen := map[id.ID]bool{}
	for i := 0; i < len(words); {
		n := min(4, len(words)-i)
		found := false
		for ; n > 0 && !found; n-- {
			name := strings.Join(words[i:i+n], " ")
			if n == 1 && len(name) < 2 && name != "c" && name != "r" {
				continue
			}
			t, ok, err := db.One(tx, activeByNormSQL, scanTag, name)
			if err != nil {
				return nil, err
			}
			if ok {
				found = true
				i += n
				if !seen[t.ID] {
					seen[t.ID] = true
					out = append(out, t)
				}
				break
			}
		}
		if !found {
			i++
		}
	}
	return out, nil
}

// Names returns the names of skills.
func Names(tx *db.Tx, skills []id.ID) (map[id.ID]string, error) {
	out := make(map[id.ID]string, len(skills))
	if len(skills) == 0 {
		return out, nil
	}
	tags, err := db.All(tx, namesSQL, scanTag, skills)
	for _, t := range tags {
		out[t.ID] = t.Name
	}
	return out, err
}
