package skills

import "strings"

// Similarity says how alike two folded names are, from 0 to 1: the share of
// three-letter pieces they have in common (Dice), where a beginning counts as
// much as a whole, so that it serves while somebody is still typing.
func Similarity(typed, name string) float64 {
	if typed == "" || name == "" {
		return 0
	}
	if typed == name {
		return 1
	}
	a, b := Grams(typed), Grams(name)
	in := map[string]bool{}
	for _, g := range b {
		in[g] = true
	}
	common := 0
	for _, g := range a {
		if in[g] {
			common++
		}
	}
	dice := 2 * float64(common) / float64(len(a)+len(b))
	switch {
	case strings.HasPrefix(name, typed):
		return max(dice, 0.9)
	case strings.Contains(" "+name, " "+typed):
		return max(dice, 0.8)
	}
	// What was typed may be a beginning with a slip in it: compare it with as
	// much of the name, too.
	if n := []rune(name); len(n) > len([]rune(typed))+1 {
		head := Grams(string(n[:len([]rune(typed))+1]))
		seen := map[string]bool{}
		for _, g := range head {
			seen[g] = true
		}
		common = 0
		for _, g := range a {
			if seen[g] {
				common++
			}
		}
		dice = max(dice, 0.9*2*float64(common)/float64(len(a)+len(head)))
	}
	return dice
}

// MinSimilarity is from where on a name is worth being proposed: one slip in a
// word of six letters leaves about this much.
const MinSimilarity = 0.35
