package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/world"
)

// questionsOf returns the paths of the questions in the list.
func questionsOf(s *served, cookie string) ([]string, error) {
	c, err := s.dial()
	if err != nil {
		return nil, err
	}
	defer c.close()
	list, err := c.get("/questions", cookie)
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(list))
	if err != nil {
		return nil, fmt.Errorf("pages are not compressed: %w", err)
	}
	page, err := io.ReadAll(z)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, part := range strings.Split(string(page), `href="/questions/`)[1:] {
		if n := part[:min(13, len(part))]; len(part) > 13 && part[13] == '"' {
			if _, err := id.Parse(n); err == nil && !slices.Contains(out, "/questions/"+n) {
				out = append(out, "/questions/"+n)
			}
		}
	}
	if len(out) < 5 {
		return nil, fmt.Errorf("only %d questions in the list", len(out))
	}
	return out, nil
}

type benchPage struct {
	what  string
	paths []string
}

func (b *serveBench) list() []benchPage {
	return []benchPage{
		{"question list", []string{"/questions", "/questions?list=unanswered"}}, {"question page", b.questions}, {"home", []string{"/"}},
	}
}

// pages measures pages one after the other and returns what each costs.
func (b *serveBench) pages(s *served) ([]benchCost, error) {
	var out []benchCost
	for _, p := range b.list() {
		if _, _, err := b.each(s, p.paths, 40, 8); err != nil { // caches fill
			return nil, err
		}
		cpu, took, err := b.each(s, p.paths, b.cmd.Requests, 8)
		if err != nil {
			return nil, err
		}
		b.line(p.what+": processor time, median", 1500*time.Microsecond, percentile(cpu, 0.5))
		b.line(p.what+": time, median", 0, percentile(took, 0.5))
		out = append(out, benchCost{p.what, percentile(cpu, 0.5)})
	}
	return out, nil
}

// asked are the searches and the sentences that are measured.
func asked() []benchPage {
	words, sentences := texts()
	return []benchPage{{"search", escaped("/search", "q", words)}, {"who knows", escaped("/who-knows", "q", sentences)}}
}

// searches measures searches and who-knows sentences one after the other, first
// each by itself.
func (b *serveBench) searches(s *served) error {
	for _, p := range asked() {
		if _, _, err := b.each(s, p.paths, len(p.paths), 1); err != nil {
			return err
		}
		for _, path := range p.paths {
			cpu, took, err := b.each(s, []string{path}, 16, 1)
			if err != nil {
				return err
			}
			text, _ := url.QueryUnescape(path)
			fmt.Printf("  %-70s %10s, processor %10s\n", text, ms(percentile(took, 0.5)), ms(percentile(cpu, 0.5)))
		}
		cpu, took, err := b.each(s, p.paths, b.cmd.Requests, 1)
		if err != nil {
			return err
		}
		b.line(p.what+": processor time, median", 10*time.Millisecond, percentile(cpu, 0.5))
		b.line(p.what+": processor time, 95 %", 30*time.Millisecond, percentile(cpu, 0.95))
		b.line(p.what+": time, median", 0, percentile(took, 0.5))
		b.line(p.what+": time, 95 %", 0, percentile(took, 0.95))
	}
	return nil
}

// together measures what people wait who ask at the same time.
func (b *serveBench) together(s *served) error {
	var pages, searches []string
	for _, p := range b.list() {
		pages = append(pages, p.paths...)
	}
	for _, p := range asked() {
		searches = append(searches, p.paths...)
	}
	took, err := b.atOnce(s, pages, 16, 4*b.cmd.Requests)
	if err != nil {
		return err
	}
	b.line("pages from 16 connections: time, 99 %", 50*time.Millisecond, percentile(took, 0.99))
	if took, err = b.atOnce(s, searches, 4, 2*b.cmd.Requests); err != nil {
		return err
	}
	b.line("search and who knows from 4 connections: time, 99 %", 60*time.Millisecond, percentile(took, 0.99))
	return nil
}

// each asks for the paths one after the other and returns the processor time
// of one request, measured over so many in a row, and the time each took.
func (b *serveBench) each(s *served, paths []string, n, row int) (cpu, took []time.Duration, err error) {
	c, err := s.dial()
	if err != nil {
		return nil, nil, err
	}
	defer c.close()
	for i := 0; i < n; i += row {
		before, err := s.cpu()
		if err != nil {
			return nil, nil, err
		}
		for k := range row {
			at := time.Now()
			if _, err := c.get(paths[(i+k)%len(paths)], b.cookies[(i/row)%len(b.cookies)]); err != nil {
				return nil, nil, err
			}
			took = append(took, time.Since(at))
		}
		after, err := s.cpu()
		if err != nil {
			return nil, nil, err
		}
		cpu = append(cpu, (after-before)/time.Duration(row))
		if err := b.ctx.Err(); err != nil {
			return nil, nil, err
		}
	}
	return cpu, took, nil
}

// atOnce asks from several connections at the same time.
func (b *serveBench) atOnce(s *served, paths []string, connections, n int) ([]time.Duration, error) {
	took := make([]time.Duration, n)
	err := b.crowd(s, connections, n, func(c *caller, who, i int) error {
		at := time.Now()
		_, err := c.get(paths[i%len(paths)], b.cookies[who%len(b.cookies)])
		took[i] = time.Since(at)
		return err
	})
	return took, err
}

// crowd calls f n times from several connections, until one fails.
func (b *serveBench) crowd(s *served, connections, n int, f func(c *caller, who, i int) error) error {
	var next atomic.Int64
	var failed atomic.Bool
	var all sync.WaitGroup
	errs := make([]error, connections)
	for who := range connections {
		all.Go(func() {
			c, err := s.dial()
			if err != nil {
				errs[who] = err
				failed.Store(true)
				return
			}
			defer c.close()
			for {
				i := int(next.Add(1)) - 1
				if i >= n || failed.Load() || b.ctx.Err() != nil {
					return
				}
				if errs[who] = f(c, who, i); errs[who] != nil {
					failed.Store(true)
					return
				}
			}
		})
	}
	all.Wait()
	return errors.Join(errors.Join(errs...), b.ctx.Err())
}

func escaped(path, key string, list []string) []string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = path + "?" + url.Values{key: {w}}.Encode()
	}
	return out
}

// texts are words and sentences of the crowd, from frequent to rare ones.
func texts() (words, sentences []string) {
	all := world.CrowdWords()
	w := func(rank int) string { return all[rank] }
	words = []string{
		w(0), w(3), w(40), w(400), w(4000), w(0) + " " + w(2), w(30) + " " + w(310), w(500) + " " + w(900),
		w(1) + " " + w(320) + " " + w(20), w(330) + " " + w(340) + " " + w(350), w(5) + " " + w(60) + " " + w(700) + " " + w(2000),
		w(450)[:3], w(1200)[:4], w(310) + " " + w(420)[:2], // the beginning of a word
		typo(w(1500)), typo(w(2600)), w(40) + " " + typo(w(1800)), // a letter wrong
		world.CrowdSkill(7), "Specialist " + world.CrowdSkill(12)[:7],
	}
	for k := range 8 {
		sentences = append(sentences, "Who knows how to "+w(300+97*k)+" the "+w(310+97*k)+" when "+w(k)+" "+w(330+97*k)+"?")
	}
	return words, append(sentences, "Who knows about "+world.CrowdSkill(3)+"?", "Who can help with "+world.CrowdSkill(120)+" and "+w(350)+"?")
}

func typo(s string) string { return s[:len(s)/2] + "x" + s[len(s)/2+1:] }
