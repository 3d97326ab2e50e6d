// Package lang tells which language a post is written in, for the few languages
// a workplace is likely to hold, and says honestly when it cannot tell.
//
// Other scripts than Latin nearly say it by themselves. Within Latin script the
// small words that every sentence needs (the, und, les, que) are counted, each
// weighing less the more languages have it, and letters that few languages use
// are added. No model is loaded; a post takes some ten microseconds.
package lang

import (
	"strings"
	"sync"
	"unicode"
)

// Unknown is the answer when the text is too short, mixed, or no language we
// know: ISO 639-2 "undetermined".
const Unknown = "und"

// maxText is how much of a text is looked at, in bytes.
const maxText = 8000

// small are the words without which hardly a sentence is made.
var small = map[string]string{
	"en": "the and of to is that it you for not with this are as be have can i was but or what from on an if my would we how do there which when will your has so does at by they one about any all use more just am it's don't i'm could should who where why been some their me than then only into up other no because like get our were did also",
	"de": "der die das und ist nicht ich ein eine es zu den mit wie auf für von dem sich auch im man kann wir sie werden des oder als bei aber wenn noch nach einen einem einer haben hat wird sind so was aus zum zur nur muss dass daß diese dieser dieses über durch mir mich beim bitte danke keine kein sein wo warum gibt hier schon mehr vom unter unsere uns habe alle jemand wer welche",
	"fr": "le la les des et est une un pas que pour dans qui je il en ce du sur avec vous nous ne se plus par au aux mais ou sont cette ces son sa ses comment être fait si on tout bien faire peut quand sans était aussi leur même après comme où elle ils merci votre notre mon très j'ai c'est n'est qu'il d'un d'une l'on quel quelle dont faut avoir avez donc chez ça deux depuis encore quelqu'un cela avons toujours jamais rien",
	"es": "el la los las de que y en un una es por para con no se lo del como más pero su al está qué me le si ya este esta hay porque cuando muy sin sobre también hasta puede son fue ser todo desde nos mi tengo tiene hacer cómo donde entre eso así gracias pueden alguien cada estos uno sus quien cuál nosotros están hola debe tenemos última último había hemos han",
	"pt": "o os as de que e em um uma é por para com não se do da no na dos das nos mais como mas foi ao ele seu sua ou quando muito já está eu também só pelo pela até isso entre sem mesmo aos ter seus quem esse eles você tem são fazer pode onde isto porque alguém obrigado obrigada meu minha nós às sobre depois este esta fica estou temos desde última último há onde porquê",
	"it": "il lo la gli le di che e è un una per non con del della dei delle in si da sono ma come più anche alla al nel nella questo questa cosa ho ha perché quando se ci dal sul quello molto fare essere ancora tutto così mi può c'è chi dove grazie qualcuno hanno abbiamo solo senza dopo prima ogni sempre loro suo sua stato",
	"nl": "de het een en van ik is dat niet in je zijn op te voor met hij die er aan om maar dan ook als bij naar wat kan heb heeft deze dit nog wel geen of hoe wij we worden wordt door over uit moet mijn zo hun waar iemand waarom mensen wie onze ons alleen tot zou veel meer goed graag dank jullie hebben",
	"pl": "i w nie na się z do to że jest o jak a co ale po tak za od czy już dla mnie przez tym są ten być tylko może jego jej ich gdy kiedy można przy lub oraz także które który która gdzie mam dzięki proszę bardzo jestem pod bez nam wszystko ma mi tego tej więc ktoś dlaczego",
	"sv": "och att det är en på som jag inte för med ett av har till den om så kan vi när var vad från eller men hur de nu ska finns du skulle man där min efter mycket alla någon bara också utan över varför vill dig sig måste hade",
	"da": "og at det er en på som jeg ikke for med et af har til den om så kan vi når var hvad fra eller men hvordan de nu skal du være man der min efter meget alle nogen kun også uden hvorfor vil dig sig blev måtte ved hvor",
	"nb": "og at det er en på som jeg ikke for med et av har til den om så kan vi når var hva fra eller men hvordan de nå skal du være man der min etter mye alle noen bare også uten hvorfor vil deg seg ble måtte ved hvor fra",
	"fi": "ja on ei että se en hän oli mutta kun jos niin mitä tai kuin myös voi ole sitä vain kuinka miten missä tämä olen ovat joka mikä sen minä te me he nyt jo vielä miksi kiitos kaikki täällä pitää",
	"cs": "a je se na v že to s do si i o jako ale jsem by pro za tak co po jak když od jsou už než při jen který která které nebo může být aby jejich není mi ve k z tento kde proč děkuji velmi jsme máme někdo",
	"tr": "ve bir bu için ile de da ne çok daha gibi var mı mi olarak ama değil ben olan sonra kadar en o nasıl şey her mu sen biz ki yok neden nerede hangi teşekkürler lütfen bana size bunu olur ise veya",
	"ro": "și în de la cu nu pe este a să ce o un că din mai sunt pentru se au am care dar ca fost fi sau cum acest această când unde foarte dacă după fără le îmi mulțumesc cineva trebuie poate",
	"hu": "a az és hogy nem is egy van ez de meg csak már ha mint el volt vagy azt én lehet még kell mert ami hogyan miért minden nagyon most itt ki mi ezt aki köszönöm valaki milyen nincs után között",
	"id": "yang dan di itu dengan untuk tidak ini dari dalam akan pada juga saya ke karena ada mereka sudah atau bisa kami kita oleh apa bagaimana lebih telah seperti hanya saat mengapa siapa",
}

// letters that few Latin languages write; each adds as much as half a word.
var letters = map[rune]string{
	'ß': "de", 'ä': "de sv fi", 'ö': "de sv fi tr hu", 'ü': "de tr hu es", 'ñ': "es", '¿': "es", '¡': "es", 'ã': "pt", 'õ': "pt", 'ç': "fr pt tr", 'è': "fr it", 'ê': "fr pt", 'à': "fr it pt", 'ù': "fr it", 'û': "fr", 'î': "fr ro", 'œ': "fr", 'ò': "it", 'ì': "it",
	'ł': "pl", 'ą': "pl", 'ę': "pl", 'ś': "pl", 'ż': "pl", 'ź': "pl", 'ć': "pl", 'ń': "pl", 'å': "sv da nb", 'æ': "da nb", 'ø': "da nb", 'ě': "cs", 'ř': "cs", 'ů': "cs", 'č': "cs", 'š': "cs", 'ž': "cs", 'ý': "cs",
	'ğ': "tr", 'ş': "tr", 'ı': "tr", 'ă': "ro", 'ș': "ro", 'ț': "ro", 'ő': "hu", 'ű': "hu", 'í': "es pt cs hu", 'ó': "es pl pt hu cs", 'á': "es pt cs hu", 'ú': "es pt hu cs", 'é': "fr es pt hu cs", 'ô': "fr pt", 'â': "fr pt ro tr",
}

type tables struct {
	words  map[string]map[string]float64 // word -> language -> weight
	langs  []string
	others map[rune][]string
}

var prepared = sync.OnceValue(func() tables {
	t := tables{words: map[string]map[string]float64{}, others: map[rune][]string{}}
	for l, list := range small {
		t.langs = append(t.langs, l)
		for w := range strings.FieldsSeq(list) {
			if t.words[w] == nil {
				t.words[w] = map[string]float64{}
			}
			t.words[w][l] = 1
		}
	}
	for w, ls := range t.words {
		whole := 1.0
		if len([]rune(w)) == 1 {
			whole = 0.5 // also a variable, an item or an initial
		}
		for l := range ls {
			ls[l] = whole / float64(len(ls))
		}
	}
	for r, ls := range letters {
		t.others[r] = strings.Fields(ls)
	}
	return t
})

// Detect returns the ISO 639-1 code of the language of a text in Markdown, or
// Unknown. Code, formulas and addresses do not count.
func Detect(markdown string) string {
	text := prose(markdown)
	if l, sure := byScript(text); sure {
		return l
	}
	t := prepared()
	score := map[string]float64{}
	hits := map[string]int{}
	words := 0
	for w := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' && r != '’' }) {
		w = strings.ToLower(strings.Trim(strings.ReplaceAll(w, "’", "'"), "'"))
		if w == "" {
			continue
		}
		words++
		known, ok := t.words[w]
		if !ok {
			// l'usine, d'une, dell'area
			if k := strings.IndexByte(w, '\''); k > 0 && k < len(w)-2 {
				switch w[:k] {
				case "l", "d", "qu", "n", "j", "s", "c", "m":
					score["fr"] += 0.6
				case "dell", "all", "nell", "un", "dall", "sull":
					score["it"] += 0.8
				}
				known = t.words[w[k+1:]]
			}
		}
		for l, weight := range known {
			score[l] += weight
			hits[l]++
		}
		for _, r := range w {
			if r < 0x80 {
				continue
			}
			if ls := t.others[r]; len(ls) > 0 {
				for _, l := range ls {
					score[l] += 0.6 / float64(len(ls))
				}
			}
		}
	}
	for _, r := range text {
		if r == '¿' || r == '¡' {
			score["es"] += 0.6
		}
	}
	best, second := "", ""
	for _, l := range t.langs {
		switch {
		case best == "" || score[l] > score[best] || score[l] == score[best] && l < best:
			best, second = l, best
		case second == "" || score[l] > score[second]:
			second = l
		}
	}
	// Enough evidence, in a text of this length, and clearly more than for any
	// other.
	if score[best] < 1.6 || hits[best] < 2 && words > 3 || score[best] < 0.09*float64(words) || score[best] < 1.25*score[second]+0.4 {
		return Unknown
	}
	return best
}

// prose leaves out what is no language: code blocks and spans, formulas,
// addresses, mentions, tags.
func prose(s string) string {
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "")
	}
	var b strings.Builder
	fenced := ""
	for line := range strings.Lines(s) {
		trimmed := strings.TrimLeft(line, " >\t")
		if fenced != "" {
			if strings.HasPrefix(trimmed, fenced) {
				fenced = ""
			}
			continue
		}
		if strings.HasPrefix(trimmed, "```") || strings.HasPrefix(trimmed, "~~~") {
			fenced = trimmed[:3]
			continue
		}
		if strings.HasPrefix(line, "    ") || strings.HasPrefix(line, "\t") {
			continue
		}
		for i := 0; i < len(line); {
			switch c := line[i]; {
			case c == '`' || c == '$':
				n := 1
				for i+n < len(line) && line[i+n] == c {
					n++
				}
				if k := strings.Index(line[i+n:], line[i:i+n]); k >= 0 {
					i += n + k + n
				} else {
					i += n
				}
				b.WriteByte(' ')
			case c == '<':
				if k := strings.IndexByte(line[i:], '>'); k > 0 && k < 200 {
					i += k + 1
				} else {
					i++
				}
				b.WriteByte(' ')
			case c == ']' && strings.HasPrefix(line[i:], "]("):
				if k := strings.IndexByte(line[i:], ')'); k > 0 {
					i += k + 1
				} else {
					i++
				}
				b.WriteByte(' ')
			case c == '@' || strings.HasPrefix(line[i:], "http://") || strings.HasPrefix(line[i:], "https://") || strings.HasPrefix(line[i:], "www."):
				for i < len(line) && line[i] != ' ' && line[i] != '\n' && line[i] != ')' {
					i++
				}
				b.WriteByte(' ')
			default:
				b.WriteByte(c)
				i++
			}
		}
	}
	return b.String()
}

// byScript answers for texts of which most letters are not Latin. sure is false
// when the letters leave it open.
func byScript(s string) (code string, sure bool) {
	var latin, arabic, cyrillic, han, kana, hangul, greek, hebrew, devanagari, thai, total int
	has := map[rune]bool{}
	for _, r := range s {
		if r < 0x80 {
			if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
				latin++
				total++
			}
			continue
		}
		if !unicode.IsLetter(r) {
			continue
		}
		total++
		switch {
		case unicode.Is(unicode.Latin, r):
			latin++
		case unicode.Is(unicode.Arabic, r):
			arabic++
			has[r] = true
		case unicode.Is(unicode.Cyrillic, r):
			cyrillic++
			has[unicode.ToLower(r)] = true
		case unicode.Is(unicode.Hiragana, r), unicode.Is(unicode.Katakana, r):
			kana++
		case unicode.Is(unicode.Han, r):
			han++
		case unicode.Is(unicode.Hangul, r):
			hangul++
		case unicode.Is(unicode.Greek, r):
			greek++
		case unicode.Is(unicode.Hebrew, r):
			hebrew++
		case unicode.Is(unicode.Devanagari, r):
			devanagari++
		case unicode.Is(unicode.Thai, r):
			thai++
		}
	}
	if total < 2 {
		return Unknown, true
	}
	// A character of Chinese or Korean says as much as several Latin letters,
	// and such texts are full of Latin product names.
	most := func(n, least int) bool { return n >= least && 2*n > latin }
	switch {
	case most(kana+han, 2) && kana > 0 && 8*kana >= han:
		return "ja", true
	case most(han, 2):
		return "zh", true
	case most(hangul, 2):
		return "ko", true
	case most(arabic, 4):
		switch {
		case has['ٹ'] || has['ڈ'] || has['ے'] || has['ں']:
			return "ur", true
		case has['پ'] || has['چ'] || has['گ'] || has['ژ'] || has['ی'] || has['ک']:
			return "fa", true
		}
		return "ar", true
	case most(cyrillic, 4):
		switch {
		case has['і'] || has['ї'] || has['є'] || has['ґ']:
			return "uk", true
		case has['ы'] || has['э'] || has['ё']:
			return "ru", true
		case cyrillic >= 40 && has['ъ'] && has['щ']:
			return "bg", true
		case cyrillic >= 12 && !has['ј'] && !has['ђ'] && !has['љ']:
			return cyrillicWords(s), true
		}
		return Unknown, true
	case most(greek, 6):
		return "el", true
	case most(hebrew, 4):
		return "he", true
	case most(devanagari, 4):
		return "hi", true
	case most(thai, 4):
		return "th", true
	}
	return Unknown, latin == 0
}

// cyrillicWords tells Russian from Ukrainian and Bulgarian by their small words
// when no letter does.
func cyrillicWords(s string) string {
	score := map[string]int{}
	for w := range strings.FieldsFuncSeq(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) }) {
		switch w {
		case "и", "что", "как", "это", "не", "он", "для", "так", "но", "вы", "или", "если", "есть", "может", "кто", "где", "когда":
			score["ru"]++
		}
		switch w {
		case "та", "що", "як", "це", "не", "він", "для", "так", "але", "ви", "або", "якщо", "хто", "де", "коли", "на", "треба":
			score["uk"]++
		}
		switch w {
		case "и", "че", "как", "това", "не", "той", "за", "така", "но", "или", "ако", "има", "може", "кой", "къде", "кога", "се", "на", "да", "са":
			score["bg"]++
		}
	}
	best := Unknown
	for _, l := range []string{"ru", "uk", "bg"} {
		if score[l] > score[best] {
			best = l
		}
	}
	for _, l := range []string{"ru", "uk", "bg"} {
		if l != best && score[l] == score[best] {
			return Unknown
		}
	}
	return best
}
