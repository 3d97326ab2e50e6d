package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"time"
)

// demo measures the three on the demo organisation: from the click to the last
// byte of the page that shows the result.
func (b *practiceBench) demo() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(b.ctx, self, "demo", "--listen", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	}()
	link := ""
	for in := bufio.NewScanner(out); link == "" && in.Scan(); {
		// An admin organises, and may have swaps matched.
		if _, at, ok := strings.Cut(in.Text(), " admin "); ok && strings.Contains(at, "/demo/") {
			link = strings.TrimSpace(at)
		}
	}
	if link == "" {
		return errors.New("the demo did not start")
	}
	go io.Copy(io.Discard, out)
	u, err := url.Parse(link)
	if err != nil {
		return err
	}
	if err := b.organiser("http://"+u.Host, ""); err != nil {
		return err
	}
	if _, err := b.until(func() (bool, error) {
		_, _, err := b.page(u.Path, nil)
		return err == nil, nil // it begins to serve a moment after it says so
	}); err != nil {
		return err
	}
	var programmes struct {
		Items []struct{ ID, Name, URL string }
	}
	if err := b.read("/api/v1/programmes", &programmes); err != nil {
		return err
	}
	for _, p := range programmes.Items {
		var best time.Duration
		var run struct{ Pairs, Alone int }
		for range 3 {
			_, took, err := b.page(p.URL+"/pairing", url.Values{"weight_skills": {"5"}, "weight_unit": {"3"}, "weight_hours": {"3"}, "weight_language": {"3"}, "weight_line": {"must"}})
			if err != nil {
				return err
			}
			if best == 0 || took < best {
				best = took
			}
		}
		if err := b.read("/api/v1/programmes/"+p.ID+"/run", &run); err != nil {
			return err
		}
		b.line(fmt.Sprintf("demo: mentoring, %d pairs of “%s” in the page, best of 3", run.Pairs, p.Name), time.Second, best)
	}
	took, err := b.swapRound()
	if err != nil {
		return err
	}
	b.line("demo: swap round, "+took.what, time.Second, took.took)
	var groups struct {
		Items []struct {
			ID, Name string
			People   int
		}
	}
	if err := b.read("/api/v1/coffee/groups", &groups); err != nil {
		return err
	}
	for _, g := range groups.Items {
		_, took, err := b.page("/coffee/groups/"+g.ID+"/rounds", url.Values{})
		if err != nil {
			return err
		}
		b.line(fmt.Sprintf("demo: coffee round of “%s” in the page", g.Name), time.Second, took)
	}
	return nil
}

// swapRounds is a round of swaps and the time until its page says what it
// found.
type swapRounds struct {
	what string
	took time.Duration
}

func (b *practiceBench) swapRound() (out swapRounds, err error) {
	began := time.Now()
	if _, _, err := b.page("/swaps/rounds", url.Values{}); err != nil {
		return out, err
	}
	var list struct {
		Items []struct {
			State         string
			People, Rings int
			Served        int
		}
	}
	if _, err := b.until(func() (bool, error) {
		err := b.read("/api/v1/swap-rounds?limit=1", &list)
		return err == nil && len(list.Items) > 0 && list.Items[0].State == "published", err
	}); err != nil {
		return out, err
	}
	if _, _, err := b.page("/swaps/rounds", nil); err != nil {
		return out, err
	}
	out.took = time.Since(began)
	out.what = fmt.Sprintf("%d people, %d rings for %d of them", list.Items[0].People, list.Items[0].Rings, list.Items[0].Served)
	return out, nil
}
