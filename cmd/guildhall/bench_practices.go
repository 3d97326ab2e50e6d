package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"time"

	"github.com/guildhall/guildhall/internal/core/visit"
)

// benchPracticesCmd measures mentoring, swaps and coffee where people meet
// them: on the demo organisation in the page, and in a large organisation as
// jobs while others read.
type benchPracticesCmd struct {
	People    int      `help:"People in the large organisation." default:"10000"`
	Questions int      `help:"Questions in it." default:"20000"`
	Readers   int      `help:"Connections that read pages meanwhile." default:"4"`
	Rate      int      `help:"Pages that they read a second in all." default:"40"`
	Only      []string `help:"Measure only these: demo, mentoring, swaps, coffee." enum:"demo,mentoring,swaps,coffee" placeholder:"PART"`
	Cache     string   `help:"Folder that keeps the data made, so that it is made once." type:"path"`
}

// Run makes the data when it is not there, measures and prints a table.
func (c *benchPracticesCmd) Run(ctx context.Context) error {
	b := &practiceBench{serveBench: serveBench{cmd: &benchServeCmd{People: c.People, Questions: c.Questions, Cache: c.Cache}, ctx: ctx}, practices: c}
	if b.asks("demo") {
		if err := b.demo(); err != nil {
			return err
		}
	}
	if b.asks("mentoring") || b.asks("swaps") || b.asks("coffee") {
		if err := b.large(); err != nil {
			return err
		}
	}
	b.print()
	return nil
}

type practiceBench struct {
	serveBench
	practices *benchPracticesCmd
	client    *http.Client // of somebody who organises
	base      string
}

func (b *practiceBench) asks(part string) bool {
	if len(b.practices.Only) == 0 {
		return true
	}
	for _, x := range b.practices.Only {
		if x == part {
			return true
		}
	}
	return false
}

// organiser gives the bench a browser of somebody who organises.
func (b *practiceBench) organiser(base, cookie string) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	u, err := url.Parse(base)
	if err != nil {
		return err
	}
	if cookie != "" {
		jar.SetCookies(u, []*http.Cookie{{Name: visit.Cookie, Value: cookie, Path: "/"}})
	}
	b.client, b.base = &http.Client{Jar: jar, Timeout: 2 * time.Minute}, base
	return nil
}

// page posts a form, or opens a page when it is nil, follows where it leads
// and returns the page and the time until its last byte.
func (b *practiceBench) page(path string, form url.Values) (string, time.Duration, error) {
	began := time.Now()
	var res *http.Response
	var err error
	if form == nil {
		res, err = b.client.Get(b.base + path)
	} else {
		res, err = b.client.PostForm(b.base+path, form)
	}
	if err != nil {
		return "", 0, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode >= 400 {
		err = fmt.Errorf("%s answered %s: %.300s", path, res.Status, body)
	}
	return string(body), time.Since(began), err
}

func (b *practiceBench) read(path string, into any) error {
	body, _, err := b.page(path, nil)
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(body), into)
}

// until asks every few milliseconds whether something is done.
func (b *practiceBench) until(done func() (bool, error)) (time.Duration, error) {
	began := time.Now()
	for {
		ok, err := done()
		if err != nil || ok {
			return time.Since(began), err
		}
		if time.Since(began) > 10*time.Minute {
			return 0, errors.New("it does not end")
		}
		select {
		case <-b.ctx.Done():
			return 0, b.ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}
