package pages

import (
	"context"
	"fmt"
	"html"
	"io"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/a-h/templ"

	"github.com/guildhall/guildhall/internal/ui"
)

// ring draws a swap clockwise with its first member on top: a solid arc when
// both ends accepted, a dotted one while somebody is waited for. It is a
// picture with its words beside it.
func ring(v RingView) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		n := len(v.Members)
		if n == 0 {
			return nil
		}
		radius := 124.0
		if n > 3 {
			radius = 150
		}
		const cx = 240.0
		cy := 72 + radius
		at := func(angle, r float64) (x, y float64) {
			s, c := math.Sincos(angle * math.Pi / 180)
			return cx + r*c, cy + r*s
		}
		var b strings.Builder
		var label []string
		low := cy + radius
		if n == 2 || n%2 == 0 {
			low += 8
		}
		step := 360 / float64(n)
		// A skill stands outside the circle, beside its arc; the picture is as wide
		// as the widest needs.
		reach := radius + 110
		skills := make([]sideWords, n)
		for k, m := range v.Members {
			s := &skills[k]
			s.x, s.y = at(-90+(float64(k)+0.5)*step, radius+18)
			wide := 16
			switch {
			case s.x > cx+20:
				s.anchor, wide = "start", 12
			case s.x < cx-20:
				s.anchor, wide = "end", 12
			default:
				s.anchor = "middle"
			}
			s.lines = lines(m.Skill, wide)
			for _, l := range s.lines {
				if s.anchor != "middle" {
					reach = max(reach, math.Abs(s.x-cx)+letter*float64(utf8.RuneCountInString(l)))
				}
			}
		}
		fmt.Fprintf(&b, `<svg class="ring" viewBox="%.0f 4 %.0f %.0f" role="img" aria-label="`, cx-reach, 2*reach, low+62)
		for _, m := range v.Members {
			if m.Says != "" {
				label = append(label, m.Says)
			}
		}
		b.WriteString(html.EscapeString(strings.Join(label, " ")) + `">`)
		for k, m := range v.Members {
			if m.Skill == "" {
				continue
			}
			from := -90 + float64(k)*step
			wait := ""
			if m.Answer != "yes" || v.Members[(k+1)%n].Answer != "yes" {
				wait = " wait"
			}
			// Arcs keep clear of the marks, whose half is 28 wide.
			clear := 20 * 124 / radius
			x, y := at(from+clear, radius)
			end := from + step - clear - 4
			u, z := at(end, radius)
			large := 0
			if end-from-clear > 180 {
				large = 1
			}
			fmt.Fprintf(&b, `<path class="arc%s" d="M%.1f %.1fA%.0f %.0f 0 %d 1 %.1f %.1f"></path>`, wait, x, y, radius, radius, large, u, z)
			fmt.Fprintf(&b, `<path class="head%s" transform="translate(%.1f %.1f) rotate(%.1f)" d="M-2-7.5 11 0-2 7.5Z"></path>`, wait, u, z, end+93)
			for i, line := range skills[k].lines {
				fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="%s">%s</text>`, skills[k].x, skills[k].y+float64(18*i), skills[k].anchor, html.EscapeString(line))
			}
		}
		for k, m := range v.Members {
			x, y := at(-90+float64(k)*step, radius)
			d, dye := ui.MarkPath(m.Face.Seed)
			fmt.Fprintf(&b, `<g transform="translate(%.1f %.1f)">`, x-28, y-28)
			if m.You {
				b.WriteString(`<rect class="you" x="-5" y="-5" width="66" height="66" rx="11"></rect>`)
			}
			fmt.Fprintf(&b, `<svg class="mark" width="56" height="56" data-dye="%d" viewBox="-4 -4 32 32" aria-hidden="true"><rect x="-4" y="-4" width="32" height="32" rx="4"></rect><path d="%s"></path></svg></g>`, dye, d)
			above, below := y+47, y+64
			if k == 0 {
				above, below = y-61, y-44
			}
			fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" font-weight="600">%s</text><text class="s" x="%.1f" y="%.1f">%s</text>`,
				x, above, html.EscapeString(m.Name), x, below, html.EscapeString(m.State))
		}
		fmt.Fprintf(&b, `<text class="t" x="%.0f" y="%.0f">%s</text><text class="s" x="%.0f" y="%.0f">%s</text></svg>`,
			cx, cy+2, html.EscapeString(v.Terms), cx, cy+22, html.EscapeString(v.Format))
		_, err := io.WriteString(w, b.String())
		return err
	})
}

// letter is how wide a letter of a skill is at most on average.
const letter = 8.4

// sideWords is where the name of a skill stands.
type sideWords struct {
	lines  []string
	x, y   float64
	anchor string
}

// lines breaks a name of a skill into at most two lines of about so many
// letters.
func lines(s string, wide int) []string {
	if len([]rune(s)) <= wide {
		return []string{s}
	}
	words := strings.Fields(s)
	one := words[0]
	k := 1
	for k < len(words) && len([]rune(one+" "+words[k])) <= wide {
		one += " " + words[k]
		k++
	}
	two := strings.Join(words[k:], " ")
	if r := []rune(one); len(r) > wide+8 {
		one = string(r[:wide+7]) + "…"
	}
	if r := []rune(two); len(r) > wide+4 {
		two = string(r[:wide+3]) + "…"
	}
	if two == "" {
		return []string{one}
	}
	return []string{one, two}
}
