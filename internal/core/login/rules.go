package login

import (
	_ "embed" // the list of common words
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/guildhall/guildhall/internal/core/people"
)

// MinPassword is the length a password has at least, in characters: length is
// what makes guessing dear, and no rule about kinds of characters is asked
// (NIST SP 800-63B, 3.1.1.2). MinPIN and MaxPIN bound a PIN, in digits.
const (
	MinPassword = 12
	MinPIN      = 6
	MaxPIN      = 12
)

//go:embed common.txt
var commonText string

// commonWords reads the list once per judgement that needs it; a password is
// chosen rarely enough that nothing is kept.
func commonWords() map[string]bool {
	out := map[string]bool{}
	for line := range strings.Lines(commonText) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, w := range strings.Fields(line) {
			out[w] = true
		}
	}
	return out
}

// own are the words somebody else would guess of a person.
type own struct{ name, email, personnelNo, org string }

// passwordFault returns the message key of what is wrong with a new password,
// "" when nothing is.
func passwordFault(secret string, o own) string {
	switch {
	case utf8.RuneCountInString(secret) < MinPassword:
		return "fault.password_short"
	case len(secret) > MaxSecret:
		return "fault.password_long"
	case !utf8.ValidString(secret):
		return "fault.text"
	case few(secret) || runs(secret):
		return "fault.password_common"
	}
	letters := foldPassword(secret)
	if len(letters) >= 3 && madeOf(letters, commonWords()) || letters == "" && digitsOnly(secret) && utf8.RuneCountInString(secret) < 16 {
		return "fault.password_common"
	}
	if ownWords(letters, secret, o) {
		return "fault.password_own"
	}
	return ""
}

// few tells whether a text repeats a handful of characters.
func few(s string) bool {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	if len(seen) < 4 {
		return true
	}
	r := []rune(s)
	for n := 1; n <= 4; n++ {
		same := true
		for i := n; i < len(r) && same; i++ {
			same = r[i] == r[i-n]
		}
		if same {
			return true
		}
	}
	return false
}

// rows are what fingers run along.
var rows = [...]string{"abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "qwertzuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm", "azertyuiop"}

// runs tells whether nearly all of a text runs along a row of the alphabet or
// the keyboard, forwards or backwards.
func runs(s string) bool {
	s = strings.ToLower(s)
	along := 0
	for i := 0; i+2 < len(s); i++ {
		for _, row := range rows {
			if strings.Contains(row, s[i:i+3]) || strings.Contains(row, backwards(s[i:i+3])) {
				along++
				break
			}
		}
	}
	return len(s) >= 3 && along*5 >= (len(s)-2)*4
}

func backwards(s string) string {
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}

// foldPassword returns a password's letters as a guesser sees them: lower case,
// with the signs and digits that stand for letters read as those, and the rest
// dropped.
func foldPassword(s string) string {
	s = strings.Trim(strings.ToLower(s), "0123456789!?.,-_#*+ ")
	s = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "8", "b", "@", "a", "$", "s", "!", "i", "ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss").Replace(s)
	var b strings.Builder
	for _, r := range s {
		if unicode.IsLetter(r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// madeOf tells whether a text is nothing but words of the list, at most four.
func madeOf(s string, words map[string]bool) bool {
	const most, longest = 4, 14
	need := make([]int, len(s)+1) // fewest words up to here, 0 unknown
	for i := range s {
		if i > 0 && need[i] == 0 {
			continue
		}
		for n := 1; n <= longest && i+n <= len(s); n++ {
			if words[s[i:i+n]] && (need[i+n] == 0 || need[i]+1 < need[i+n]) {
				need[i+n] = need[i] + 1
			}
		}
	}
	return need[len(s)] > 0 && need[len(s)] <= most
}

// ownWords tells whether a password is little more than the person's own name,
// address or organisation.
func ownWords(letters, secret string, o own) bool {
	local, domain, _ := strings.Cut(o.email, "@")
	host, _, _ := strings.Cut(domain, ".")
	rest := letters
	var found bool
	for _, text := range []string{o.name, local, host, o.org} {
		for _, w := range strings.Fields(people.SortKey(text)) {
			w = foldPassword(w)
			if len(w) >= 3 && strings.Contains(rest, w) {
				rest, found = strings.ReplaceAll(rest, w, ""), true
			}
		}
	}
	if found && utf8.RuneCountInString(rest) < 6 {
		return true
	}
	lower := strings.ToLower(secret)
	if n := strings.ToLower(o.personnelNo); len(n) >= 4 && strings.Contains(lower, n) {
		return utf8.RuneCountInString(strings.ReplaceAll(lower, n, "")) < 8
	}
	return lower == strings.ToLower(o.email)
}

// commonPINs are what people choose beside rows and repeats: shapes on the
// keypad and words of six digits in published lists.
var commonPINs = [...]string{
	"159753", "147258", "258369", "147852", "852456", "951753", "753951", "456852", "789456", "456123", "741852", "963852",
	"142536", "135790", "246810", "102030", "112358", "314159", "271828", "696969", "420420", "131313", "520520", "5201314",
	"007007", "101010", "123654", "321654", "123789", "159357", "147369", "369258", "124578", "235689", "010203",
}

// pinFault returns the message key of what is wrong with a new PIN.
func pinFault(pin string, o own) string {
	if len(pin) < MinPIN || len(pin) > MaxPIN || !digitsOnly(pin) {
		return "fault.pin_digits"
	}
	seen := map[byte]bool{}
	for i := range len(pin) {
		seen[pin[i]] = true
	}
	common := len(seen) < 3 || runs(pin)
	for n := 1; n <= 3 && !common; n++ {
		common = len(pin)%n == 0 && strings.Repeat(pin[:n], len(pin)/n) == pin
	}
	half := len(pin) / 2
	common = common || len(pin)%2 == 0 && runs(pin[:half]) && runs(pin[half:])
	doubled := len(pin)%2 == 0
	for i := 0; i+1 < len(pin) && doubled; i += 2 {
		doubled = pin[i] == pin[i+1]
	}
	common = common || doubled
	for _, p := range commonPINs {
		common = common || p == pin
	}
	switch {
	case common:
		return "fault.pin_common"
	case o.personnelNo != "" && (strings.Contains(o.personnelNo, pin) || len(o.personnelNo) >= 4 && strings.Contains(pin, o.personnelNo)):
		return "fault.pin_own"
	}
	return ""
}

func digitsOnly(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
