// Package i18n holds every sentence the product says and prints it for one
// reader: in their language, with numbers, dates and lists as they write them
// and times as their clock shows them.
//
// A language is a folder of text files, one file per practice, so that several
// people can add sentences without meeting each other. A line is
//
//	ask.waiting = {n, plural, =0 {Nobody is waiting} one {# person is waiting} other {# people are waiting}}
//
// Lines that begin with a blank continue the message above them, lines that
// begin with # are comments. A sentence is one message and is never joined from
// parts; where a link or emphasis stands inside it, the message names it with a
// tag (<invite>Use your invitation</invite>) and Printer.Parts hands out the
// pieces.
//
// The notation is the subset of ICU MessageFormat that the grammar in parse.go
// describes. Plural categories come from CLDR (golang.org/x/text).
package i18n

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strings"
	"time"

	"golang.org/x/text/language"
)

//go:embed en
var files embed.FS

// Source is the language every sentence is first written in. A key that
// another language lacks is printed in it.
const Source = "en"

// The two invented languages of the tests: one about 40 % longer than English
// with accents on every letter, one written from right to left.
const (
	PseudoLong = "en-XA"
	PseudoRTL  = "ar-XB"
)

// Catalogue holds the messages of all languages. It does not change after it
// was loaded and is safe for concurrent use.
type Catalogue struct {
	langs   map[string]*speech
	matcher language.Matcher
	tags    []string // in the order given to matcher
}

// speech is one language.
type speech struct {
	code   string // BCP 47, as in the lang attribute
	tag    language.Tag
	rtl    bool
	msgs   map[string]*message
	pseudo func(string) string

	group, decimal string
}

// Load reads the languages built into the program. An error names the file and
// line of a message that cannot be parsed, or a key defined twice.
func Load() (*Catalogue, error) { return load(files) }

// Must is Load for a program that cannot go on without its sentences. It
// panics where Load returns an error, which the tests rule out.
func Must() *Catalogue {
	c, err := Load()
	if err != nil {
		panic(err)
	}
	return c
}

func load(fsys fs.FS) (*Catalogue, error) {
	c := &Catalogue{langs: map[string]*speech{}}
	dirs, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("read languages: %w", err)
	}
	for _, d := range dirs {
		if !d.IsDir() {
			continue
		}
		s, err := loadSpeech(fsys, d.Name())
		if err != nil {
			return nil, err
		}
		c.langs[s.code] = s
	}
	src := c.langs[Source]
	if src == nil {
		return nil, fmt.Errorf("i18n: no folder %q", Source)
	}
	for code, s := range c.langs {
		if code == Source {
			continue
		}
		for key, m := range src.msgs {
			if s.msgs[key] == nil {
				s.msgs[key] = m
			}
		}
	}
	c.tags = append(c.tags, Source)
	for code := range c.langs {
		if code != Source {
			c.tags = append(c.tags, code)
		}
	}
	sort.Strings(c.tags[1:])
	tags := make([]language.Tag, len(c.tags))
	for i, t := range c.tags {
		tags[i] = c.langs[t].tag
	}
	c.matcher = language.NewMatcher(tags)
	long := *src
	long.code, long.pseudo = PseudoLong, lengthen
	c.langs[PseudoLong] = &long
	rtl := *src
	rtl.code, rtl.pseudo, rtl.rtl = PseudoRTL, mirror, true
	c.langs[PseudoRTL] = &rtl
	return c, nil
}

func loadSpeech(fsys fs.FS, dir string) (*speech, error) {
	tag, err := language.Parse(dir)
	if err != nil {
		return nil, fmt.Errorf("i18n: folder %q names no language: %w", dir, err)
	}
	s := &speech{code: dir, tag: tag, msgs: map[string]*message{}}
	names, err := fs.Glob(fsys, path.Join(dir, "*.txt"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("read messages: %w", err)
		}
		if err := s.read(name, string(text)); err != nil {
			return nil, err
		}
	}
	plain := func(key, otherwise string) string {
		if m := s.msgs[key]; m != nil {
			return m.src
		}
		return otherwise
	}
	s.group, s.decimal = plain("locale.group", ","), plain("locale.decimal", ".")
	s.rtl = plain("locale.direction", "ltr") == "rtl"
	return s, nil
}

// read adds the messages of one file.
func (s *speech) read(name, text string) error {
	var key, val string
	var at int
	flush := func() error {
		if key == "" {
			return nil
		}
		m, err := parse(val)
		if err != nil {
			return fmt.Errorf("%s:%d: %s: %w", name, at, key, err)
		}
		if s.msgs[key] != nil {
			return fmt.Errorf("%s:%d: %s: defined twice", name, at, key)
		}
		m.file, m.line = name, at
		s.msgs[key] = m
		return nil
	}
	for i, line := range strings.Split(text, "\n") {
		switch {
		case strings.TrimSpace(line) == "" || line[0] == '#':
			continue
		case line[0] == ' ' || line[0] == '\t':
			if key == "" {
				return fmt.Errorf("%s:%d: a continuation without a message", name, i+1)
			}
			val += " " + strings.TrimSpace(line)
			continue
		}
		if err := flush(); err != nil {
			return err
		}
		k, v, ok := strings.Cut(line, "=")
		if !ok {
			return fmt.Errorf("%s:%d: no = in %q", name, i+1, line)
		}
		key, val, at = strings.TrimSpace(k), strings.Trim(v, " \t\r"), i+1 // a narrow space may be the whole message
	}
	return flush()
}

// Match returns the language of the catalogue that fits best what a browser's
// Accept-Language header (or a person's setting) asks for.
func (c *Catalogue) Match(accept string) string {
	want, _, err := language.ParseAcceptLanguage(accept)
	if err != nil || len(want) == 0 {
		return Source
	}
	_, i, conf := c.matcher.Match(want...)
	if conf == language.No {
		return Source
	}
	return c.tags[i]
}

// Languages lists the codes of the real languages, the source first.
func (c *Catalogue) Languages() []string { return append([]string(nil), c.tags...) }

// Keys lists every key of the source language in order, for tests.
func (c *Catalogue) Keys() []string {
	keys := make([]string, 0, len(c.langs[Source].msgs))
	for k := range c.langs[Source].msgs {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// Has tells whether the key is defined.
func (c *Catalogue) Has(key string) bool { return c.langs[Source].msgs[key] != nil }

// Where returns the file and line where the source language defines the key.
func (c *Catalogue) Where(key string) string {
	if m := c.langs[Source].msgs[key]; m != nil {
		return fmt.Sprintf("%s:%d", m.file, m.line)
	}
	return ""
}

// Args lists the names of the arguments the key's message takes, in order of
// their first use.
func (c *Catalogue) Args(key string) []string {
	if m := c.langs[Source].msgs[key]; m != nil {
		return m.args
	}
	return nil
}

// Printer returns a printer for one reader. An unknown locale is printed in
// the best language for it, a nil zone is UTC. now is the moment that relative
// times ("this morning", "in 20 min") are told from; a page is printed at one
// moment.
func (c *Catalogue) Printer(locale string, zone *time.Location, now time.Time) *Printer {
	s := c.langs[locale]
	if s == nil {
		s = c.langs[c.Match(locale)]
	}
	if zone == nil {
		zone = time.UTC
	}
	return &Printer{s: s, zone: zone, now: now.In(zone)}
}
