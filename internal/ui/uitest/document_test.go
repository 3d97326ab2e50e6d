package uitest

import (
	"strings"
	"testing"
)

const good = `<!DOCTYPE html><html lang="en" dir="ltr"><head><title>Ask</title></head><body>
<nav aria-label="Main"><a href="/">Home</a></nav><main id="main"><h1>Ask</h1><h2>Title</h2><form action="/x">
<label for="t">Title</label><input id="t" name="t" aria-describedby="h"><p id="h">Hint</p><label>Body <textarea name="b"></textarea></label>
<fieldset><legend>Who</legend><label><input type="radio" name="w">All</label></fieldset><button>Post</button></form>
<ul><li><a href="#t"><svg aria-hidden="true"></svg>Up</a></li></ul><img src="a" alt=""><button popovertarget="main" aria-label="More"></button>
<table><caption>C</caption><tr><th scope="col">A</th></tr></table></main></body></html>`

func TestAProperDocumentHasNoProblems(t *testing.T) {
	if p := Problems(good); len(p) > 0 {
		t.Error(strings.Join(p, "\n"))
	}
}

func TestEveryFaultOfADocumentIsFound(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"<!DOCTYPE html>", "", "doctype"},
		{` lang="en"`, "", "no lang"},
		{` dir="ltr"`, "", "the dir"},
		{"<title>Ask</title>", "<title> </title>", "title is empty"},
		{"<main id", "<div id", "0 main"},
		{"<h1>Ask</h1>", "", "0 h1"},
		{"<h1>Ask</h1>", "<h1>Ask</h1><h1>Again</h1>", "2 h1"},
		{"<h2>Title</h2>", "<h3>Title</h3>", "follows a heading"},
		{`<p id="h">`, `<p id="t">`, `the id "t" stands on`},
		{`<p id="h">`, `<p>`, `aria-describedby of <input> leads to "h"`},
		{`<label for="t">`, `<label>`, `the field "t" has no label`},
		{`<label for="t">`, `<label for="x">`, `the label "Title" is for "x"`},
		{`<legend>Who</legend>`, ``, "without a legend"},
		{`<button>Post</button>`, `<button></button>`, "without a name"},
		{`<button>Post</button>`, `<button formaction="javascript:x" onclick="x()">Post</button>`, "inline handler"},
		{`<a href="/">Home</a>`, `<a href="/"></a>`, "without a name"},
		{`<a href="/">Home</a>`, `<a>Home</a>`, "leads nowhere"},
		{`<a href="/">Home</a>`, `<a href=" JavaScript:alert(1)">Home</a>`, "leads to"},
		{`<a href="/">Home</a>`, `<a href="#gone">Home</a>`, "not there"},
		{`<nav aria-label="Main">`, `<nav aria-label="Main"></nav><nav aria-label="Main">`, "2 landmarks"},
		{` alt=""`, ``, "without alt"},
		{`<svg aria-hidden="true">`, `<svg>`, "neither hidden nor named"},
		{`<li><a href="#t">`, `<div></div><li><a href="#t">`, "<ul> holds a <div>"},
		{`<caption>C</caption>`, ``, "without a caption"},
		{` scope="col"`, ``, "no scope"},
		{`<h2>`, `<h2 style="color:red">`, "inline style"},
		{`</main>`, `<style>a{}</style></main>`, "style element"},
		{`</main>`, `<script>x()</script></main>`, "inline script"},
		{`</main>`, `<iframe src="/"></iframe></main>`, "a <iframe>"},
		{`</main>`, `<p><div>x</div></p></main>`, "empty paragraph"},
		{`</main>`, `<button>Lost</button></main>`, "outside a form"},
		{`Hint`, `⟦ask.hint⟧`, "missing from the catalogue"},
	} {
		page := strings.Replace(good, c.old, c.new, 1)
		if page == good {
			t.Fatalf("%q is not in the document", c.old)
		}
		if c.old == "<main id" {
			page = strings.Replace(page, "</main>", "</div>", 1)
		}
		if got := strings.Join(Problems(page), "\n"); !strings.Contains(got, c.want) {
			t.Errorf("%s instead of %s: want %q, got %q", c.new, c.old, c.want, got)
		}
	}
}
