package main

import (
	"fmt"
	"os"
	"time"
)

// progress keeps one line of the screen up to date; in a log it writes a line
// every few seconds.
type progress struct {
	out   *os.File
	last  time.Time
	width int
}

func (p *progress) terminal() bool {
	info, err := p.out.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func (p *progress) show(line string) {
	every := 100 * time.Millisecond
	if !p.terminal() {
		every = 3 * time.Second
	}
	if time.Since(p.last) < every {
		return
	}
	p.last = time.Now()
	if !p.terminal() {
		fmt.Fprintln(p.out, line)
		return
	}
	fmt.Fprintf(p.out, "\r%-*s", p.width, line)
	p.width = len(line)
}

func (p *progress) clear() {
	if p.width > 0 {
		fmt.Fprintf(p.out, "\r%*s\r", p.width, "")
		p.width = 0
	}
}

// count says a number of things whose plural only has an s more.
func count(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}
