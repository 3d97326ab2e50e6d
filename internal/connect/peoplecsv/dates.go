package peoplecsv

import (
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Order is how a column of dates with slashes or dashes is read.
type Order string

// The orders. Auto looks at the whole column and asks when it cannot tell.
const (
	Auto     Order = ""
	DayFirst Order = "dmy"
	MonFirst Order = "mdy"
)

var monthNames = func() map[string]time.Month {
	m := map[string]time.Month{}
	for i, names := range []string{
		"jan january januar janvier janv enero ene gennaio gen janeiro januari styczen stycznia sty",
		"feb february februar fevrier fevr febrero febbraio fevereiro fev februari luty lutego lut",
		"mar march marz maerz mrz mars marzo marco maart mrt marzec marca",
		"apr april avril avr abril abr aprile kwiecien kwietnia kwi",
		"may mai mayo maggio mag maio mei maj maja",
		"jun june juni juin junio giugno giu junho czerwiec czerwca cze",
		"jul july juli juillet juil julio luglio lug julho lipiec lipca lip",
		"aug august aout agosto ago augustus augusti sierpien sierpnia sie",
		"sep sept september septembre septiembre settembre set setembro wrzesien wrzesnia wrz",
		"oct october oktober okt octobre octubre ottobre ott outubro out pazdziernik pazdziernika paz",
		"nov november novembre noviembre novembro listopad listopada lis",
		"dec december dezember dez decembre diciembre dic dicembre dezembro grudzien grudnia gru",
	} {
		for n := range strings.FieldsSeq(names) {
			m[n] = time.Month(i + 1)
		}
	}
	return m
}()

// written is one date as it stands in the file.
type written struct {
	parts [3]int // in the order they stand
	names int    // 1 + position of a month that was a word; 0: none
	form  byte   // 'y' year first, 'd' day first (dots), '?' slashes or dashes, 'w' with a word
}

// readDate cuts a date into numbers. Excel's day numbers are dates too.
func readDate(s string) (written, bool) {
	s = strings.TrimSpace(s)
	// A time behind the date is cut off.
	if k := strings.IndexAny(s, "T"); k >= 8 && s[k-1] >= '0' && s[k-1] <= '9' {
		s = s[:k]
	}
	if k := strings.IndexByte(s, ':'); k > 0 {
		if k = strings.LastIndexByte(s[:k], ' '); k > 0 {
			s = s[:k]
		}
	}
	s = strings.TrimSpace(s)
	if n, err := strconv.Atoi(strings.TrimSuffix(s, ".0")); err == nil {
		switch {
		case len(s) == 8:
			return written{parts: [3]int{n / 10000, n / 100 % 100, n % 100}, form: 'y'}, true
		case n >= 10000 && n < 80000:
			// Days since 30 December 1899, as spreadsheets count.
			t := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n)
			return written{parts: [3]int{t.Year(), int(t.Month()), t.Day()}, form: 'y'}, true
		}
		return written{}, false
	}
	fields := strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	// "6 de marzo de 2020", "Mon 6 March 2020"
	var words []string
	for _, f := range fields {
		if f = fold(f); f != "de" && f != "do" && f != "of" && f != "den" {
			words = append(words, f)
		}
	}
	if len(words) == 4 && monthNames[words[0]] == 0 && words[0] != "" && unicode.IsLetter(rune(words[0][0])) {
		words = words[1:]
	}
	if len(words) != 3 {
		return written{}, false
	}
	var w written
	for i, f := range words {
		if m, ok := monthNames[f]; ok && w.names == 0 {
			w.parts[i], w.names, w.form = int(m), i+1, 'w'
			continue
		}
		f = strings.TrimRight(f, "stndrheº")
		n, err := strconv.Atoi(f)
		if err != nil || len(f) > 4 {
			return written{}, false
		}
		w.parts[i] = n
		if i == 0 && len(f) == 4 {
			w.form = 'y'
		}
		if i == 2 && len(f) <= 2 && w.parts[0] < 100 {
			w.parts[i] = century(n)
		}
	}
	if w.form == 0 {
		w.form = '?'
		if strings.Contains(s, ".") {
			w.form = 'd'
		}
	}
	return w, true
}

// century reads two digits of a year.
func century(n int) int {
	if n < 70 {
		return 2000 + n
	}
	return 1900 + n
}

// date puts the parts in order. ok is false when there is no such day.
func (w written) date(order Order) (time.Time, bool) {
	y, m, d := w.parts[2], w.parts[1], w.parts[0]
	switch {
	case w.form == 'w' && w.names == 1:
		m, d = w.parts[0], w.parts[1]
	case w.form == 'w' && w.parts[0] > 31:
		y, d = w.parts[0], w.parts[2]
	case w.form == 'y':
		y, d = w.parts[0], w.parts[2]
	case w.form == '?' && order == MonFirst:
		m, d = w.parts[0], w.parts[1]
	}
	if y < 1900 || y > 9999 || m < 1 || m > 12 || d < 1 || d > 31 {
		return time.Time{}, false
	}
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	return t, t.Day() == d
}

// orderOf looks at a whole column. sure is false when every date could be read
// both ways, or some only one way and others only the other.
func orderOf(values []string) (order Order, sure bool) {
	day, mon, open := 0, 0, 0
	for _, v := range values {
		w, ok := readDate(v)
		if !ok || w.form != '?' {
			continue
		}
		switch {
		case w.parts[0] > 12 && w.parts[1] <= 12:
			day++
		case w.parts[1] > 12 && w.parts[0] <= 12:
			mon++
		case w.parts[0] != w.parts[1]:
			open++
		}
	}
	switch {
	case day > 0 && mon > 0:
		return Auto, false
	case day > 0:
		return DayFirst, true
	case mon > 0:
		return MonFirst, true
	}
	return DayFirst, open == 0
}
