package ui

import (
	"context"
	"html"
	"io"
	"strconv"

	"github.com/a-h/templ"
)

// The parts of a maker's mark. Each is symmetrical or closed, without diagonal
// stems, hooks, open chevrons or crossbars, so that no combination of them reads
// as a rune, a cross or a sign of extremists. Look at all 1,134 before adding
// one.
var (
	markStems = [2]string{"M12 9V15", "M10 9V15M14 9V15"}
	markHeads = [9]string{"M12 2 17.5 9H6.5Z", "M6.5 2H17.5L12 9Z", "M12 1 16.8 5.2 12 9.4 7.2 5.2Z",
		"M8 5.2A4 4 0 1 1 16 5.2A4 4 0 1 1 8 5.2", "M6.3 8.7A5.7 5.7 0 0 1 17.7 8.7Z", "M6.3 2.5A5.7 5.7 0 0 0 17.7 2.5Z",
		"M6.3 2.3H17.7L15 9H9Z", "M8 2.3H16V9H8Z", "M9 2.3H15L17.7 9H6.3Z"}
	markFeet = [9]string{"M12 15 17.5 22H6.5Z", "M6.5 15H17.5L12 22Z", "M12 14.6 16.8 18.8 12 23 7.2 18.8Z",
		"M8 18.8A4 4 0 1 1 16 18.8A4 4 0 1 1 8 18.8", "M6.3 15.3A5.7 5.7 0 0 0 17.7 15.3Z", "M6.3 21.5A5.7 5.7 0 0 1 17.7 21.5Z",
		"M9 15H15L17.7 21.7H6.3Z", "M8 15H16V21.7H8Z", "M12 15V21.5M6.3 21.5H17.7"}
	markMiddles = [7]string{"", "M12 9.6 14.4 12 12 14.4 9.6 12Z", "M14 12H19", "M5 12H10", "M5.5 12H6.5M17.5 12H18.5",
		"M6.5 10.5V13.5", "M17.5 10.5V13.5"}
)

// markHash is FNV-1a over the UTF-8 bytes of the seed, then a mixer, because the
// low bits of FNV alone repeat over ids that follow each other.
func markHash(seed string) uint32 {
	h := uint32(0x811c9dc5)
	for i := range len(seed) {
		h = (h ^ uint32(seed[i])) * 0x01000193
	}
	h ^= h >> 15
	h *= 0x2c1b3c6d
	h ^= h >> 12
	return h
}

// MarkPath returns the drawing and the dye (0 to 7) of the mark that belongs to
// the seed, the same for ever. A person re-cuts theirs by appending #1 to #12.
func MarkPath(seed string) (d string, dye int) {
	h := markHash(seed)
	head, stem, middle, foot := markParts(h)
	return head + stem + middle + foot, int(h >> 15 % 8)
}

func markParts(h uint32) (head, stem, middle, foot string) {
	stem = markStems[0]
	if (h>>5)%5 == 0 {
		stem = markStems[1]
	}
	return markHeads[h%9], stem, markMiddles[(h>>9)%7], markFeet[(h>>13)%9]
}

// FaceKind is what stands beside words, and so which mark is shown.
type FaceKind uint8

// The kinds of face.
const (
	FacePerson    FaceKind = iota
	FaceTeam               // hexagon
	FaceCommunity          // circle
	FaceAnonymous          // slate square with one bar; never a made-up mark
)

// Face is a person (or team, community, unnamed author) as shown beside words.
// The name is always printed; the mark only recognises.
type Face struct {
	Name  string
	Note  string // unit, site: "Field Service, Porto"; "" for none
	Href  string // "" when there is no page to go to
	Seed  string // of the mark: the stable id
	Photo string // path of an uploaded picture, shown in place of the mark
	Kind  FaceKind
}

// Size is the size of a mark.
type Size string

// The sizes of marks.
const (
	SizeXS Size = "xs" // 22 px, in comments
	SizeS  Size = "s"  // 28 px, beside names
	SizeM  Size = ""   // 40 px
	SizeL  Size = "l"  // 64 px, in lists of people
	SizeXL Size = "xl" // the head of a profile
)

var sizePixels = map[Size]string{SizeXS: "22", SizeS: "28", SizeM: "40", SizeL: "64", SizeXL: "148"}

// Mark draws the mark or picture of a face. Print the name beside it.
func Mark(f Face, size Size) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error { return writeMark(w, &f, size) })
}

func writeMark(w io.Writer, f *Face, size Size) error {
	class := "mark"
	if size != SizeM {
		class = "mark " + string(size)
	}
	if f.Photo != "" && f.Kind != FaceAnonymous {
		px := sizePixels[size]
		return writeAll(w, `<img class="`, class, `" src="`, html.EscapeString(f.Photo), `" alt="" width="`, px, `" height="`, px, `" loading="lazy" decoding="async">`)
	}
	if f.Kind == FaceAnonymous {
		return writeAll(w, `<svg class="`, class, `" data-dye="7" viewBox="-4 -4 32 32" aria-hidden="true">`, markSquare, `<path d="M7 12H17"></path></svg>`)
	}
	h := markHash(f.Seed)
	head, stem, middle, foot := markParts(h)
	shape := markSquare
	switch f.Kind {
	case FaceTeam:
		shape = `<polygon points="12,-5.5 27.2,3.25 27.2,20.75 12,29.5 -3.2,20.75 -3.2,3.25"></polygon>`
	case FaceCommunity:
		shape = `<circle class="bg" cx="12" cy="12" r="17"></circle>`
	}
	return writeAll(w, `<svg class="`, class, `" data-dye="`, digits[h>>15%8], `" viewBox="-4 -4 32 32" aria-hidden="true">`, shape,
		`<path d="`, head, stem, middle, foot, `"></path></svg>`)
}

const markSquare = `<rect x="-4" y="-4" width="32" height="32" rx="4"></rect>`

var digits = [8]string{"0", "1", "2", "3", "4", "5", "6", "7"}

// Who prints a face with its small mark, its name and its note, as a link when
// it has a page.
func Who(f Face) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		tag := "span"
		if f.Href != "" {
			tag = "a"
			if err := writeAll(w, `<a class="who" href="`, address(f.Href), `">`); err != nil {
				return err
			}
		} else if err := writeAll(w, `<span class="who">`); err != nil {
			return err
		}
		if err := writeMark(w, &f, SizeS); err != nil {
			return err
		}
		if err := writeAll(w, `<span><bdi>`, html.EscapeString(f.Name), `</bdi>`); err != nil {
			return err
		}
		if f.Note != "" {
			if err := writeAll(w, ` <small>`, html.EscapeString(f.Note), `</small>`); err != nil {
				return err
			}
		}
		return writeAll(w, `</span></`, tag, `>`)
	})
}

// Hallmarks prints the four stamps of a skill somebody holds: maker, how many
// people vouched, level (1 to 4), and the year it was last shown. The same
// facts must stand in words beside it: the strip is hidden from screen readers.
func Hallmarks(seed string, vouches, level, year int) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		d, _ := MarkPath(seed)
		y := strconv.Itoa(year % 100)
		if len(y) < 2 {
			y = "0" + y
		}
		return writeAll(w, `<span class="hallmarks" aria-hidden="true"><span><svg viewBox="0 0 24 24"><path d="`, d, `"></path></svg></span><span>`,
			strconv.Itoa(min(vouches, 99)), `</span><span>`, Roman(level), `</span><span>`, y, `</span></span>`)
	})
}

// Roman prints a level as the hallmarks do: I to IV.
func Roman(level int) string {
	return [5]string{"", "I", "II", "III", "IV"}[min(max(level, 0), 4)]
}

// Pips shows a level out of four; say it in words beside it.
func Pips(level int) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		if err := writeAll(w, `<span class="pips" aria-hidden="true">`); err != nil {
			return err
		}
		for i := 1; i <= 4; i++ {
			s := `<i></i>`
			if i <= level {
				s = `<i class="on"></i>`
			}
			if err := writeAll(w, s); err != nil {
				return err
			}
		}
		return writeAll(w, `</span>`)
	})
}

// writeAll writes the strings in turn.
func writeAll(w io.Writer, parts ...string) error {
	if sw, ok := w.(io.StringWriter); ok {
		for _, s := range parts {
			if _, err := sw.WriteString(s); err != nil {
				return err
			}
		}
		return nil
	}
	for _, s := range parts {
		if _, err := io.WriteString(w, s); err != nil {
			return err
		}
	}
	return nil
}
