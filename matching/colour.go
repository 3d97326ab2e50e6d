package matching

// mostSlots is how many entries the tables of a colouring may have.
const mostSlots = 1 << 25

// colour divides edges into so many classes of which none has two edges at one
// person; the number must be more than anybody's edges. It returns nil when the
// tables would be too large. This is Vizing's theorem in the form of Misra and
// Gries (1992): the fan of an edge is turned until both its ends have a class
// free, swapping two classes along a path where needed.
func (p *PairsProblem) colour(edges []int, classes int) [][]int {
	n := p.People
	if n*classes > mostSlots {
		return nil
	}
	c := &colouring{classes: classes, at: make([]int32, n*classes)} // edge number + 1 at a person in a class
	c.p, c.edges = p, edges
	c.of = same32(len(edges), -1)
	for i := range edges {
		c.add(int32(i))
	}
	list := make([][]int, classes)
	for i, e := range edges {
		list[c.of[i]] = append(list[c.of[i]], e)
	}
	return list
}

type colouring struct {
	p       *PairsProblem
	edges   []int
	classes int
	at      []int32
	of      []int32
}

func (c *colouring) slot(v, class int32) *int32 { return &c.at[int(v)*c.classes+int(class)] }

func (c *colouring) ends(i int32) (int32, int32) {
	e := c.p.Edges[c.edges[i]]
	return e.Left, e.Right
}

func (c *colouring) other(i, v int32) int32 {
	a, b := c.ends(i)
	if a == v {
		return b
	}
	return a
}

// free is the first class without an edge at v.
func (c *colouring) free(v int32) int32 {
	for k := range int32(c.classes) {
		if *c.slot(v, k) == 0 {
			return k
		}
	}
	return -1 // cannot be: v has fewer edges than there are classes
}

// put gives edge i a class, -1 for none.
func (c *colouring) put(i, class int32) {
	a, b := c.ends(i)
	if old := c.of[i]; old >= 0 {
		for _, v := range [2]int32{a, b} {
			if s := c.slot(v, old); *s == i+1 {
				*s = 0
			}
		}
	}
	c.of[i] = class
	if class >= 0 {
		*c.slot(a, class), *c.slot(b, class) = i+1, i+1
	}
}

// add gives edge i a class.
func (c *colouring) add(i int32) {
	u, v := c.ends(i)
	// The fan: neighbours of u, each joined by an edge whose class is free at
	// the one before.
	fan, tips := []int32{i}, []int32{v}
	in := map[int32]bool{v: true}
	for {
		last := tips[len(tips)-1]
		grown := false
		for k := range int32(c.classes) {
			if *c.slot(last, k) != 0 {
				continue
			}
			if j := *c.slot(u, k) - 1; j >= 0 && !in[c.other(j, u)] {
				w := c.other(j, u)
				fan, tips = append(fan, j), append(tips, w)
				in[w], grown = true, true
				break
			}
		}
		if !grown {
			break
		}
	}
	mine, theirs := c.free(u), c.free(tips[len(tips)-1])
	if mine != theirs {
		c.swap(u, theirs, mine)
	}
	// The classes along the path have changed, so the fan may be shorter: up to
	// the first tip at which the class is free, as long as it still is a fan.
	end := 0
	for k := range tips {
		if k > 0 && *c.slot(tips[k-1], c.of[fan[k]]) != 0 {
			break
		}
		end = k
		if *c.slot(tips[k], theirs) == 0 {
			break
		}
	}
	classes := make([]int32, end+1)
	for k := range end {
		classes[k] = c.of[fan[k+1]]
	}
	classes[end] = theirs
	for k := range end + 1 {
		c.put(fan[k], -1)
	}
	for k := range end + 1 {
		c.put(fan[k], classes[k])
	}
}

// swap exchanges two classes along the path from u that begins with the first.
func (c *colouring) swap(u, first, second int32) {
	var path []int32
	for v, class := u, first; ; {
		i := *c.slot(v, class) - 1
		if i < 0 {
			break
		}
		path = append(path, i)
		v = c.other(i, v)
		class = first + second - class
	}
	classes := make([]int32, len(path))
	for k, i := range path {
		classes[k] = first + second - c.of[i]
	}
	for _, i := range path {
		c.put(i, -1)
	}
	for k, i := range path {
		c.put(i, classes[k])
	}
}
