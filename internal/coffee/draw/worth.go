package draw

import "slices"

// What the parts of a pair's worth weigh. They are ordered by how much they are
// meant to move: a department gap, a wish to learn, then practical things.
const (
	WorthAcross = 900 // of two departments, in a group that wants that: outweighs any gap and a wish
	WorthGap    = 500 // of two departments that meet much less than by chance
	WorthWish   = 250 // for each of the two who can learn from the other
	WorthHours  = 300 // when they work at the same time for half of the week
	WorthSite   = 100 // at the same site
)

// WholeGap is the gap that counts fully. One in eight missing is much: a gap
// that counted by its size alone would be outweighed by wishes until it is half
// of everything, and stay.
const WholeGap = 0.125

// Skill is something somebody can teach or wants to learn.
type Skill struct {
	ID    int64
	Level int8
}

// Crowd is what is known of people whose pairs are to be weighed.
type Crowd struct {
	Unit  []int32   // department, -1 for none
	Site  []int32   // -1 for none
	Week  []int32   // index of the rows of Hours
	Hours [][]int32 // minutes a week in which people of two weeks both work
	Teach [][]Skill // ascending by id
	Want  [][]Skill // ascending by id
	// Across is whether the group wants people of different departments to meet.
	Across bool
	// Gap is how far two departments are from meeting as often as by chance, 0
	// to 1; nil: nothing is known.
	Gap [][]float64
}

// Gaps measures how far departments are from meeting as often as people chosen
// by chance would: met counts the meetings between the people of each two
// departments, sizes their people. 1 means that they never met.
func Gaps(sizes []int, met [][]int) [][]float64 {
	n, total := 0, 0
	for i, k := range sizes {
		n += k
		for j := range i + 1 {
			total += met[i][j]
		}
	}
	out := make([][]float64, len(sizes))
	for i := range sizes {
		out[i] = make([]float64, len(sizes))
		for j := range sizes {
			if i == j || n < 2 {
				continue
			}
			// One more meeting than there was, so that a new group has gaps too.
			expected := float64(total+1) * 2 * float64(sizes[i]) * float64(sizes[j]) / float64(n) / float64(n-1)
			if seen := float64(met[max(i, j)][min(i, j)]); expected > 0 && seen < expected {
				out[i][j] = 1 - seen/expected
			}
		}
	}
	return out
}

// Learns tells whether one of two people can show what the other wants to
// learn, and which skill: the first by number. Somebody can learn from who is
// at a higher level than they wish to leave behind.
func (c *Crowd) Learns(learner, teacher int32) (skill int64, ok bool) {
	if c.Want == nil {
		return 0, false
	}
	want, teach := c.Want[learner], c.Teach[teacher]
	for i, j := 0, 0; i < len(want) && j < len(teach); {
		switch {
		case want[i].ID < teach[j].ID:
			i++
		case want[i].ID > teach[j].ID:
			j++
		default:
			if teach[j].Level >= 2 && teach[j].Level >= want[i].Level {
				return want[i].ID, true
			}
			i++
			j++
		}
	}
	return 0, false
}

// Worth is what the pair is worth, 0 to MaxWorth.
func (c *Crowd) Worth(a, b int32) int {
	w := 0
	if u, v := c.Unit[a], c.Unit[b]; u != v {
		if c.Across {
			w += WorthAcross
		}
		if c.Gap != nil && u >= 0 && v >= 0 {
			w += int(WorthGap * min(1, c.Gap[u][v]/WholeGap))
		}
	}
	if _, ok := c.Learns(a, b); ok {
		w += WorthWish
	}
	if _, ok := c.Learns(b, a); ok {
		w += WorthWish
	}
	if c.Hours != nil {
		const half = 20 * 60
		w += int(WorthHours * min(half, c.Hours[c.Week[a]][c.Week[b]]) / half)
	}
	if c.Site != nil && c.Site[a] >= 0 && c.Site[a] == c.Site[b] {
		w += WorthSite
	}
	return min(w, MaxWorth)
}

// Sort puts skills in the order that Crowd wants.
func Sort(list []Skill) {
	slices.SortFunc(list, func(x, y Skill) int {
		switch {
		case x.ID < y.ID:
			return -1
		case x.ID > y.ID:
			return 1
		}
		return 0
	})
}
