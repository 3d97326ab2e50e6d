package lang

import (
	"encoding/xml"
	"os"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/platform/hostile"
	"github.com/guildhall/guildhall/internal/platform/markdown"
)

var samples = map[string][]string{
	"en": {"How do I reset the counter of the packing machine?", "Can anybody tell me which form I need for a business trip?", "It works if you restart it twice, but I don't know why.", "We have had this problem on line 3 since the last update.", "Thanks, that was it!", "Where do I find the safety data sheets for the new cleaner?"},
	"de": {"Wie stelle ich den Zähler der Packmaschine zurück?", "Kann mir jemand sagen, welches Formular ich für eine Dienstreise brauche?", "Es geht, wenn man zweimal neu startet.", "Wir haben dieses Problem seit dem letzten Update an Linie 3.", "Wo finde ich die Sicherheitsdatenblätter für den neuen Reiniger?", "Das ist nicht die richtige Einstellung für diese Maschine."},
	"fr": {"Comment remettre à zéro le compteur de la machine d'emballage ?", "Quelqu'un peut me dire quel formulaire il faut pour un déplacement ?", "Ça marche si on redémarre deux fois.", "Nous avons ce problème depuis la dernière mise à jour.", "Où est-ce que je trouve les fiches de sécurité ?"},
	"es": {"¿Cómo pongo a cero el contador de la máquina de embalaje?", "¿Alguien me puede decir qué formulario necesito para un viaje?", "Funciona si se reinicia dos veces, pero no sé por qué.", "Tenemos este problema desde la última actualización.", "No encuentro las fichas de seguridad de los productos nuevos."},
	"pt": {"Como é que eu ponho o contador da máquina a zero?", "Alguém me pode dizer qual formulário é preciso para uma viagem?", "Funciona se você reiniciar duas vezes, mas não sei porquê.", "Temos este problema desde a última atualização na linha 3."},
	"it": {"Come si azzera il contatore della macchina?", "Qualcuno sa quale modulo serve per una trasferta?", "Funziona se si riavvia due volte, ma non so perché.", "Abbiamo questo problema dopo l'ultimo aggiornamento della linea."},
	"nl": {"Hoe zet ik de teller van de machine terug op nul?", "Weet iemand welk formulier ik nodig heb voor een dienstreis?", "Het werkt als je twee keer opnieuw start.", "We hebben dit probleem sinds de laatste update."},
	"pl": {"Jak wyzerować licznik w maszynie pakującej?", "Czy ktoś może mi powiedzieć, który formularz jest potrzebny?", "To działa, jeśli się uruchomi dwa razy, ale nie wiem dlaczego."},
	"sv": {"Hur nollställer jag räknaren på maskinen?", "Kan någon säga vilket formulär jag behöver för en tjänsteresa?"},
	"fi": {"Miten nollaan koneen laskurin, jos se ei ole enää päällä?", "Se toimii, jos käynnistää kaksi kertaa, mutta en tiedä miksi."},
	"cs": {"Jak vynuluji počítadlo na balicím stroji?", "Může mi někdo říct, který formulář je potřeba pro služební cestu?"},
	"tr": {"Makinenin sayacını nasıl sıfırlarım ve bu neden çok önemli?", "İş seyahati için hangi form gerekli, bilen var mı?"},
	"ro": {"Cum resetez contorul de la mașina de ambalat și unde este butonul?"},
	"hu": {"Hogyan nullázom a gép számlálóját, és miért nem működik már?"},
	"ar": {"كيف أعيد ضبط عداد آلة التعبئة؟", "هل يعرف أحد أي نموذج أحتاجه للسفر في SAP؟"},
	"fa": {"چگونه شمارنده دستگاه بسته\u200cبندی را صفر کنم؟"},
	"he": {"איך מאפסים את המונה של המכונה?"},
	"ru": {"Как обнулить счётчик упаковочной машины?", "Кто знает, какая форма нужна для командировки?"},
	"uk": {"Як обнулити лічильник пакувальної машини?"},
	"el": {"Πώς μηδενίζω τον μετρητή της μηχανής;"},
	"zh": {"怎么把包装机的计数器清零？", "SAP 系统里哪里可以找到出差申请表？"},
	"ja": {"包装機のカウンターをリセットするにはどうすればいいですか？"},
	"ko": {"포장기 카운터를 어떻게 초기화하나요?"},
	"hi": {"पैकिंग मशीन का काउंटर कैसे रीसेट करें?"},
}

func TestSentences(t *testing.T) {
	for want, list := range samples {
		for _, s := range list {
			if got := Detect(s); got != want {
				t.Errorf("%s is taken for %s: %s", want, got, s)
			}
		}
		if got := Detect(strings.Join(list, "\n\n")); got != want {
			t.Errorf("%s together are taken for %s", want, got)
		}
	}
}

func TestWhatSaysNothingIsUnknown(t *testing.T) {
	for _, s := range []string{"", " ", "42", "OK", "SAP", "CNC G-code M30", "Error 0x80070005", "👍", "x", "foo bar baz qux", "Lorem ipsum dolor sit amet consectetur adipiscing elit", "`the and of to is`", "```\nthe and of to is that\n```", "https://example.org/the/and/of/the/and", "$the and of to is$",
		"Siemens S7-1200 TIA Portal", "Ada Obi", "@the @and @of @to", "<the and of the to>", "\xff\xfe", "a a a a"} {
		if got := Detect(s); got != Unknown {
			t.Errorf("%q is taken for %s", s, got)
		}
	}
}

func TestCodeDoesNotHideTheLanguage(t *testing.T) {
	s := "Wie bekomme ich das wieder zum Laufen?\n\n```sql\nselect the and of to from is that it you for not with\n```\n\nEs steht in `the and of to is` und das ist nicht gut."
	if got := Detect(s); got != "de" {
		t.Errorf("%s", got)
	}
}

func TestMixedTextsAreNotGuessed(t *testing.T) {
	s := "How do I reset the counter of the machine? Wie stelle ich den Zähler der Maschine zurück?"
	if got := Detect(s); got != Unknown && got != "en" && got != "de" {
		t.Errorf("%s", got)
	}
}

func TestSharedPostsAreEnglish(t *testing.T) {
	f, err := os.Open(hostile.Path(t, "stackexchange", "quantumcomputing", "Posts.xml"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d := xml.NewDecoder(f)
	got := map[string]int{}
	n := 0
	for {
		tok, err := d.Token()
		if err != nil {
			break
		}
		e, ok := tok.(xml.StartElement)
		if !ok || e.Name.Local != "row" {
			continue
		}
		for _, a := range e.Attr {
			if a.Name.Local == "Body" && len(a.Value) > 100 {
				md, err := markdown.FromHTML(a.Value)
				if err != nil {
					t.Fatal(err)
				}
				l := Detect(md)
				got[l]++
				n++
				if l != "en" {
					t.Logf("%s: %.150q", l, md)
				}
			}
		}
	}
	t.Logf("%d posts: %v", n, got)
	if wrong := n - got["en"] - got[Unknown]; got["en"] < n*98/100 || wrong > n/500 {
		t.Errorf("of %d posts %v", n, got)
	}
}

func FuzzDetect(f *testing.F) {
	for _, list := range samples {
		f.Add(list[0])
	}
	f.Add("```\n` $ < ]( @")
	f.Fuzz(func(t *testing.T, s string) {
		if l := Detect(s); len(l) < 2 || len(l) > 3 {
			t.Fatalf("%q", l)
		}
	})
}

func BenchmarkDetect(b *testing.B) {
	s := strings.Repeat(samples["de"][1]+" ", 10)
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		Detect(s)
	}
}
