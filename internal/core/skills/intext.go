package skills

import (
	"strings"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// maxInText bounds how many words of a sentence are read as names of skills.
const maxInText = 40

// Mention is a skill that a sentence names, and the words, as Norm gives them,
// that do.
type Mention struct {
	Tag
	Words string
}

// InText reads a sentence: the skills it names, by name or synonym, the longest
// names first. A single word also names what it is a form of: who can calibrate
// is asked about calibration, who can weld about welding. Merged skills lead to
// what they were merged into.
func InText(tx *db.Tx, sentence string) ([]Mention, error) {
	words := strings.Fields(Norm(sentence))
	if len(words) > maxInText {
		words = words[:maxInText]
	}
	var out []Mention
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
			if n == 1 && !ok {
				for _, form := range forms(name) {
					if t, ok, err = db.One(tx, activeByNormSQL, scanTag, form); err != nil {
						return nil, err
					} else if ok {
						break
					}
				}
			}
			if ok {
				found = true
				i += n
				if !seen[t.ID] {
					seen[t.ID] = true
					out = append(out, Mention{t, name})
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

// forms are the English forms under which a skill may stand that a sentence
// names by a verb or in another number. Words of up to three letters and what
// is not English have none.
func forms(word string) []string {
	if len(word) < 4 || strings.IndexFunc(word, func(r rune) bool { return r < 'a' || r > 'z' }) >= 0 {
		return nil
	}
	for _, end := range []string{"ating", "ated", "ates", "ate"} {
		if stem, ok := strings.CutSuffix(word, end); ok && len(stem) > 2 {
			return []string{stem + "ation", stem + "ating"}
		}
	}
	if strings.HasSuffix(word, "ing") {
		return nil
	}
	var out []string
	if one, ok := strings.CutSuffix(word, "s"); ok && !strings.HasSuffix(one, "s") {
		word = one
		out = append(out, word)
	} else {
		out = append(out, word+"s")
	}
	last := word[len(word)-1]
	switch {
	case last == 'e':
		out = append(out, word[:len(word)-1]+"ing")
	case strings.IndexByte("bdgmnprt", last) >= 0 && strings.IndexByte("aeiou", word[len(word)-2]) >= 0:
		out = append(out, word+"ing", word+string(last)+"ing") // welding is not doubled, programming is
	default:
		out = append(out, word+"ing")
	}
	return out
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
