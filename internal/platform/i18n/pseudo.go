package i18n

import "strings"

// lengthen puts accents on the letters and makes the text about 40 % longer, so
// that a test sees what is cut off and what never came from the catalogue.
func lengthen(s string) string {
	var b strings.Builder
	letters := 0
	for _, r := range s {
		if a, ok := accents[r]; ok {
			letters++
			b.WriteRune(a)
			if letters%5 == 2 || letters%5 == 4 {
				b.WriteRune(a)
			}
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

var accents = func() map[rune]rune {
	m := map[rune]rune{}
	to := []rune("áƀçđéƒğĥíĵķĺɱñóƥʠŕšţúṽŵẋýžÁƁÇĐÉƑĞĤÍĴĶĹṀÑÓƤɊŔŠŢÚṼŴẊÝŽ")
	for i, r := range "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" {
		m[r] = to[i]
	}
	return m
}()

// mirror shows the words from right to left, as Arabic and Hebrew run.
func mirror(s string) string {
	if strings.TrimSpace(s) == "" {
		return s
	}
	lead := len(s) - len(strings.TrimLeft(s, " "))
	tail := len(strings.TrimRight(s, " "))
	return s[:lead] + "\u202e" + s[lead:tail] + "\u202c" + s[tail:]
}
