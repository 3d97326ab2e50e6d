package ui

import (
	"context"
	"io"
)

// Icon is one stroke drawing of 24 by 24, as the d of its path. It is a
// component: @ui.IconTick. Icons are drawn in the size and colour of the text
// around them and are hidden from screen readers: a word stands beside each, or
// an aria-label on its button.
type Icon string

// The icons, in the order of icons.svg.
const (
	IconHome       Icon = "M3 11 12 4l9 7M6 10v10h12V10M10 20v-6h4v6"
	IconAsk        Icon = "M4 5h16v11H11l-4 4v-4H4ZM9.5 9a2.5 2 0 1 1 2.5 2.2V12M12 14v.2"
	IconLibrary    Icon = "M5 4h5v16H5ZM10 4h4v16h-4M14.5 5.5 18 4.6 21 19l-3.6.9Z"
	IconSession    Icon = "M4 6h16v14H4ZM4 10.5h16M8 3v5M16 3v5M8 14h3"
	IconGrowth     Icon = "M4 20h16M6 20v-5M11 20V11M16 20V6M13 7l3-3 3 3"
	IconPeople     Icon = "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM3 20a6 6 0 0 1 12 0M16 4.5a3.3 3.3 0 0 1 0 6.4M18 14.5a6 6 0 0 1 3 5.5"
	IconMentor     Icon = "M3 20 9 9l4 6 3-5 5 10ZM9 9V4h4.5L12 5.7l1.5 1.6H9"
	IconSwap       Icon = "M4 8h14l-3.5-3.5M20 16H6l3.5 3.5"
	IconCoffee     Icon = "M5 9h12v6a5 5 0 0 1-5 5h-2a5 5 0 0 1-5-5ZM17 10h2.5v5H17M9 3v3M13 3v3"
	IconCommunity  Icon = "M12 4a3 3 0 1 1 0 6 3 3 0 0 1 0-6ZM6 14a3 3 0 1 1 0 6 3 3 0 0 1 0-6ZM18 14a3 3 0 1 1 0 6 3 3 0 0 1 0-6ZM10.5 9.6 7.4 14.4M13.5 9.6l3.1 4.8M9 17h6"
	IconProject    Icon = "M4 7h16v12H4ZM9 7V4h6v3M4 12.5h16M12 11v3"
	IconReview     Icon = "M5 4h10l4 4v12H5ZM15 4v4h4M8.5 13l2.2 2.2L15 11"
	IconKudos      Icon = "M12 4a5 5 0 1 1 0 10 5 5 0 0 1 0-10ZM8.5 12.5 7 21l5-2.6L17 21l-1.5-8.5"
	IconInsight    Icon = "M4 4v16h16M8 16v-4M12 16V8M16 16v-6"
	IconFacilitate Icon = "M4 5h16v10H4ZM12 15v3M8 21l4-3 4 3M8 9h8M8 12h5"
	IconAdmin      Icon = "M12 9a3 3 0 1 1 0 6 3 3 0 0 1 0-6ZM12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.6l2.1 2.1M16.3 16.3l2.1 2.1M18.4 5.6l-2.1 2.1M7.7 16.3l-2.1 2.1"
	IconSearch     Icon = "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14ZM16 16l5 5"
	IconMenu       Icon = "M4 7h16M4 12h16M4 17h16"
	IconClose      Icon = "M6 6l12 12M18 6 6 18"
	IconPlus       Icon = "M12 5v14M5 12h14"
	IconTick       Icon = "M5 12.5 10 17.5 19.5 7"
	IconUp         Icon = "M12 19V6M6.5 11.5 12 6l5.5 5.5"
	IconClock      Icon = "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16ZM12 8v4.5l3 2"
	IconPin        Icon = "M12 21c-4-5-6-8-6-11a6 6 0 1 1 12 0c0 3-2 6-6 11ZM12 8a2 2 0 1 1 0 4 2 2 0 0 1 0-4Z"
	IconWarn       Icon = "M12 4 21.5 20h-19ZM12 10v5M12 17.3v.2"
	IconInfo       Icon = "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16ZM12 11v5M12 8v.2"
	IconLock       Icon = "M6 11h12v9H6ZM8.5 11V8a3.5 3.5 0 0 1 7 0v3"
	IconNext       Icon = "M9 5l7 7-7 7"
	IconBell       Icon = "M6 17V11a6 6 0 1 1 12 0v6l1.5 1.5h-15ZM10 21h4"
	IconSun        Icon = "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8ZM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4"
	IconBook       Icon = "M12 6c-2-1.6-5-2-8-2v14c3 0 6 .4 8 2 2-1.6 5-2 8-2V4c-3 0-6 .4-8 2ZM12 6v14"
	IconThumb      Icon = "M7 20H4v-9h3M7 11l4-7c1.5 0 2.5 1 2.3 2.6L12.8 10H19l-1.5 10H7Z"
	IconFlag       Icon = "M6 21V4h11l-2.5 4 2.5 4H6"
	IconVideo      Icon = "M3 6h12v12H3ZM15 10.5l6-3.5v10l-6-3.5"
	IconLink       Icon = "M10 14a4 4 0 0 0 5.6 0l3-3A4 4 0 0 0 13 5.4l-1 1M14 10a4 4 0 0 0-5.6 0l-3 3A4 4 0 0 0 11 18.6l1-1"
	IconGlobe      Icon = "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16ZM4 12h16M12 4c3 3 3 13 0 16M12 4c-3 3-3 13 0 16"
	IconEdit       Icon = "M4 20l1-4L16 5l3 3L8 19ZM14 7l3 3"
	IconBold       Icon = "M7 5h6a3.5 3.5 0 0 1 0 7H7ZM7 12h7a3.5 3.5 0 0 1 0 7H7Z"
	IconItalic     Icon = "M14 5h-4M14 19h-4M13 5l-2 14"
	IconQuote      Icon = "M5 7h5v5c0 3-1.5 4.5-4 5M14 7h5v5c0 3-1.5 4.5-4 5"
	IconCode       Icon = "M8 7l-5 5 5 5M16 7l5 5-5 5M13.5 5l-3 14"
	IconList       Icon = "M9 6h12M9 12h12M9 18h12M4 6h.5M4 12h.5M4 18h.5"
	IconAt         Icon = "M12 8.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7ZM15.5 8v5.5c0 3 5 2.5 5-1.5a8.5 8.5 0 1 0-3.5 6.9"
	IconDots       Icon = "M5.5 12h.5M11.75 12h.5M18 12h.5"
	IconDownload   Icon = "M12 4v11M7 10.5 12 15.5l5-5M5 20h14"
)

// Render writes the svg element. The arrow that points onwards turns round
// where text runs from right to left.
func (i Icon) Render(_ context.Context, w io.Writer) error {
	if i == "" {
		return nil
	}
	class := `<svg class="i" viewBox="0 0 24 24" aria-hidden="true"><path d="`
	if i == IconNext {
		class = `<svg class="i flip" viewBox="0 0 24 24" aria-hidden="true"><path d="`
	}
	return writeAll(w, class, string(i), `"></path></svg>`)
}
