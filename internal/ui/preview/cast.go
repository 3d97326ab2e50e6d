package preview

import (
	"time"

	"github.com/guildhall/guildhall/internal/platform/i18n"
	"github.com/guildhall/guildhall/internal/ui"
)

// ListRow is one question of List.
type ListRow struct {
	Title, Href, Answers string
	By                   ui.Face
	At                   time.Time
	Skills               []string
}

// Frame is the frame of the reference's pages: Ines Duarte on a Tuesday morning
// in Porto.
func Frame(c *i18n.Catalogue, locale string) *ui.Frame {
	now := time.Date(2026, 11, 24, 9, 12, 0, 0, time.UTC)
	return &ui.Frame{
		Printer: c.Printer(locale, time.UTC, now),
		Org:     "Tidewater Instruments",
		Person:  &ui.FramePerson{Face: ui.Face{Name: "Ines Duarte", Note: "Field Service, Porto", Href: "/people/1", Seed: "Ines Duarte"}},
		Nav: []ui.NavGroup{
			{Title: "Today", Entries: []ui.NavEntry{{Key: "home", Label: "Home", Href: "/", Icon: ui.IconHome, Tab: 1}}},
			{Title: "Learn", Entries: []ui.NavEntry{
				{Key: "ask", Label: "Ask", Href: "/questions", Icon: ui.IconAsk, Count: 3, Tab: 2},
				{Key: "library", Label: "Library", Href: "/library", Icon: ui.IconLibrary},
				{Key: "sessions", Label: "Sessions", Href: "/sessions", Icon: ui.IconSession, Tab: 4},
				{Key: "growth", Label: "Growth", Href: "/growth", Icon: ui.IconGrowth},
			}},
			{Title: "Meet", Entries: []ui.NavEntry{
				{Key: "people", Label: "People", Href: "/people", Icon: ui.IconPeople, Tab: 3},
				{Key: "mentoring", Label: "Mentoring", Href: "/mentoring", Icon: ui.IconMentor},
				{Key: "swaps", Label: "Swaps", Href: "/swaps", Icon: ui.IconSwap, Count: 1},
				{Key: "coffee", Label: "Coffee", Href: "/coffee", Icon: ui.IconCoffee},
				{Key: "communities", Label: "Communities", Href: "/communities", Icon: ui.IconCommunity},
			}},
			{Title: "Make", Entries: []ui.NavEntry{
				{Key: "projects", Label: "Projects", Href: "/projects", Icon: ui.IconProject},
				{Key: "reviews", Label: "Reviews", Href: "/reviews", Icon: ui.IconReview},
				{Key: "kudos", Label: "Recognition", Href: "/kudos", Icon: ui.IconKudos},
			}},
			{Title: "Steward"},
		},
		Verbs: []ui.Verb{{Key: "q", Label: "Ask a question", Href: "/questions/new"}, {Key: "w", Label: "Who knows…?", Href: "/who-knows"}},
	}
}
