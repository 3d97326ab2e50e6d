package mail

import (
	"strings"
	"testing"
)

func TestAPageSaysTheSameAsTextAndAsHTML(t *testing.T) {
	p := Page{
		Lang: "en", Dir: "ltr", From: "Mill & Sons", Hello: "Hello Ada,", Lede: "Two things.",
		Items: []Item{
			{Text: "Ben answered <b>", Small: "Monday", Link: Link{"Read it", `https://hall.example/q/1?a=1&b="2"`}},
			{Text: "Nothing to follow"},
		},
		Facts: []string{"Room 4"}, Button: Link{"Open", "https://hall.example/q/2"}, Note: "Works once.",
		Foot: []string{"Why you get this."}, Links: []Link{{"Settings", "https://hall.example/s"}, {"Stop", "https://hall.example/u/x"}},
	}
	text, rich := p.Text(), p.HTML()
	want := "Hello Ada,\n\nTwo things.\n\nBen answered <b>\nMonday\nhttps://hall.example/q/1?a=1&b=\"2\"\n\nNothing to follow\n\nRoom 4\n\nOpen:\nhttps://hall.example/q/2\n\nWorks once.\n\n-- \nWhy you get this.\nSettings: https://hall.example/s\nStop: https://hall.example/u/x\n"
	if text != want {
		t.Errorf("text:\n%s\nwant:\n%s", text, want)
	}
	for _, part := range []string{
		"Mill &amp; Sons", "Hello Ada,", "Two things.", "Ben answered &lt;b&gt;", "Monday", `href="https://hall.example/q/1?a=1&amp;b=&#34;2&#34;"`,
		"Nothing to follow", "Room 4", `href="https://hall.example/q/2"`, "Works once.", "Why you get this.", `href="https://hall.example/s"`, `href="https://hall.example/u/x"`,
	} {
		if !strings.Contains(rich, part) {
			t.Errorf("the HTML lacks %s:\n%s", part, rich)
		}
	}
	for _, alien := range []string{"<img", "url(", "<script", "<link", "src="} {
		if strings.Contains(rich, alien) {
			t.Errorf("the HTML asks for something: %s", alien)
		}
	}
}
