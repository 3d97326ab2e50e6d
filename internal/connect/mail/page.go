package mail

import (
	"html"
	"strings"
)

// Page is what a mail shows, as HTML and as plain text. Every part may be left
// out.
type Page struct {
	Lang, Dir string // of its words: "en", "ltr"
	From      string // the organisation, printed above
	Hello     string
	Lede      string // what the mail is about, in a sentence
	Items     []Item
	Facts     []string
	Button    Link // the one thing to do
	Note      string
	Foot      []string
	Links     []Link // under the foot
}

// Item is one thing that happened.
type Item struct {
	Text  string
	Small string // when, where
	Link  Link
}

// Link is a place with its name.
type Link struct{ Name, URL string }

// Text returns the page as plain text.
func (p Page) Text() string {
	var parts []string
	add := func(lines ...string) {
		var full []string
		for _, l := range lines {
			if l != "" {
				full = append(full, l)
			}
		}
		if len(full) > 0 {
			parts = append(parts, strings.Join(full, "\n"))
		}
	}
	add(p.Hello)
	add(p.Lede)
	for _, i := range p.Items {
		add(i.Text, i.Small, i.Link.URL)
	}
	for _, f := range p.Facts {
		add(f)
	}
	if p.Button.URL != "" {
		add(p.Button.Name+":", p.Button.URL)
	}
	add(p.Note)
	foot := append([]string{}, p.Foot...)
	for _, l := range p.Links {
		foot = append(foot, l.Name+": "+l.URL)
	}
	if len(foot) > 0 {
		parts = append(parts, "-- \n"+strings.Join(foot, "\n"))
	}
	return strings.Join(parts, "\n\n") + "\n"
}

// The looks of the mail. Mail programs drop style sheets, or read only some of
// one, so that each element has its own style; the sheet is for the dark theme,
// where programs that know it keep ours in place of one they would guess.
const (
	pageSheet = `:root{color-scheme:light dark;supported-color-schemes:light dark}` +
		`@media (prefers-color-scheme:dark){` +
		`.paper{background:#1b1713!important}.sheet{background:#24201b!important;border-color:#3c3731!important}` +
		`.ink{color:#ebe8df!important}.soft{color:#bebab1!important}.rule{border-color:#3c3731!important}` +
		`.go{color:#73cdc4!important}.press{background:#73cdc4!important;color:#021818!important}}`
	sans  = `font-family:'Hanken Grotesk',system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;`
	serif = `font-family:Piazzolla,Georgia,'Times New Roman',serif;`
)

// HTML returns the page as HTML that asks nobody for anything: no picture, no
// font, no script.
func (p Page) HTML() string {
	var b strings.Builder
	e := html.EscapeString
	lines := func(s string) string { return strings.ReplaceAll(e(s), "\n", "<br>") }
	b.WriteString(`<!DOCTYPE html><html lang="` + e(p.Lang) + `" dir="` + e(p.Dir) + `"><head><meta charset="utf-8">` +
		`<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">` +
		`<meta name="supported-color-schemes" content="light dark"><title>` + e(p.From) + `</title><style>` + pageSheet + `</style></head>` +
		`<body class="paper" style="margin:0;padding:0;background:#f9f7f2;-webkit-text-size-adjust:100%">` +
		`<table role="presentation" class="paper" width="100%" cellpadding="0" cellspacing="0" border="0" style="background:#f9f7f2"><tr><td align="center" style="padding:24px 12px">` +
		`<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:560px">`)
	if p.From != "" {
		b.WriteString(`<tr><td class="ink" style="` + serif + `font-size:20px;line-height:1.3;font-weight:500;color:#1a242d;padding:0 4px 14px;text-align:start">` + e(p.From) + `</td></tr>`)
	}
	b.WriteString(`<tr><td class="sheet" style="background:#fefdfb;border:1px solid #ddd9d0;border-radius:7px;padding:24px;text-align:start">`)
	para := func(class, style, text string) {
		if text != "" {
			b.WriteString(`<p class="` + class + `" style="` + sans + `margin:0 0 14px;font-size:16px;line-height:1.55;` + style + `">` + lines(text) + `</p>`)
		}
	}
	para("ink", "color:#1a242d", p.Hello)
	para("ink", "color:#1a242d", p.Lede)
	for n, i := range p.Items {
		rule := `padding:0 0 18px`
		if n > 0 {
			rule = `padding:16px 0 18px;border-top:1px solid #ddd9d0`
		}
		b.WriteString(`<div class="rule" style="` + rule + `"><p class="ink" style="` + serif + `margin:0;font-size:19px;line-height:1.35;color:#1a242d">`)
		if i.Link.URL != "" {
			b.WriteString(`<a class="ink" href="` + e(i.Link.URL) + `" style="color:#1a242d;text-decoration:none">` + lines(i.Text) + `</a>`)
		} else {
			b.WriteString(lines(i.Text))
		}
		b.WriteString(`</p>`)
		if i.Small != "" || i.Link.Name != "" {
			b.WriteString(`<p class="soft" style="` + sans + `margin:6px 0 0;font-size:14px;line-height:1.5;color:#444e58">` + e(i.Small))
			if i.Small != "" && i.Link.Name != "" {
				b.WriteString(" · ")
			}
			if i.Link.Name != "" {
				b.WriteString(`<a class="go" href="` + e(i.Link.URL) + `" style="color:#006466">` + e(i.Link.Name) + `</a>`)
			}
			b.WriteString(`</p>`)
		}
		b.WriteString(`</div>`)
	}
	for _, f := range p.Facts {
		para("ink", "color:#1a242d", f)
	}
	if p.Button.URL != "" {
		b.WriteString(`<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:4px 0 18px"><tr><td class="press" style="background:#006466;border-radius:4px">` +
			`<a class="press" href="` + e(p.Button.URL) + `" style="` + sans + `display:inline-block;padding:11px 20px;font-size:16px;font-weight:600;line-height:1.25;color:#f8fdfc;text-decoration:none;border-radius:4px">` + e(p.Button.Name) + `</a></td></tr></table>`)
	}
	para("soft", "color:#444e58;margin-bottom:0", p.Note)
	b.WriteString(`</td></tr>`)
	if len(p.Foot)+len(p.Links) > 0 {
		b.WriteString(`<tr><td class="soft" style="` + sans + `font-size:13px;line-height:1.6;color:#444e58;padding:16px 4px 0;text-align:start">`)
		for _, f := range p.Foot {
			b.WriteString(e(f) + `<br>`)
		}
		for n, l := range p.Links {
			if n > 0 {
				b.WriteString(" · ")
			}
			b.WriteString(`<a class="go" href="` + e(l.URL) + `" style="color:#006466">` + e(l.Name) + `</a>`)
		}
		b.WriteString(`</td></tr>`)
	}
	b.WriteString(`</table></td></tr></table></body></html>`)
	return b.String()
}
