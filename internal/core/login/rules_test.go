package login

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPasswordsThatAreGuessedFirstAreRefused(t *testing.T) {
	o := own{name: "Ada Lovelace-Åström", email: "ada.lovelace@tidewater.example", personnelNo: "A-40731", org: "Tidewater Instruments"}
	for _, c := range []struct{ secret, want string }{
		{"short", "fault.password_short"},
		{"eleven chrs", "fault.password_short"},
		{"ÄÖÜäöüßÄÖÜä", "fault.password_short"},
		{strings.Repeat("x1y2", 300), "fault.password_long"},
		{"passwordpassword", "fault.password_common"},
		{"Password123456!", "fault.password_common"},
		{"P@ssw0rdP@ssw0rd", "fault.password_common"},
		{"Willkommen2026!", "fault.password_common"},
		{"summer-sunshine-2026", "fault.password_common"},
		{"123456789012", "fault.password_common"},
		{"830174920561", "fault.password_common"},
		{"qwertyuiop12", "fault.password_common"},
		{"aaaaaaaaaaaa", "fault.password_common"},
		{"ab12ab12ab12", "fault.password_common"},
		{"abcdefghijklm", "fault.password_common"},
		{"Lovelace1815!", "fault.password_own"},
		{"adalovelace42", "fault.password_own"},
		{"Tidewater2026!", "fault.password_own"},
		{"ada.lovelace@tidewater.example", "fault.password_own"},
		{"xx-A-40731-yy", "fault.password_own"},
		{"correct horse battery staple", ""},
		{"kopfhörer brunnen flöte", ""},
		{"vT9#mQ2$kL5w", ""},
		{"ada drinks far too much tea", ""},
		{"密码很长很长的一个句子好吗", ""},
	} {
		if got := passwordFault(c.secret, o); got != c.want {
			t.Errorf("%.40q: %q, want %q", c.secret, got, c.want)
		}
	}
}

func TestPINsThatAreGuessedFirstAreRefused(t *testing.T) {
	o := own{personnelNo: "40731"}
	for _, c := range []struct{ pin, want string }{
		{"", "fault.pin_digits"}, {"12345", "fault.pin_digits"}, {"1234567890123", "fault.pin_digits"}, {"12a456", "fault.pin_digits"}, {"١٢٣٤٥٦", "fault.pin_digits"},
		{"123456", "fault.pin_common"}, {"654321", "fault.pin_common"}, {"111111", "fault.pin_common"}, {"121212", "fault.pin_common"},
		{"123123", "fault.pin_common"}, {"112233", "fault.pin_common"}, {"123321", "fault.pin_common"}, {"159753", "fault.pin_common"},
		{"0123456789", "fault.pin_common"}, {"407318", "fault.pin_own"},
		{"840291", ""}, {"730518", ""}, {"19284756", ""},
	} {
		if got := pinFault(c.pin, o); got != c.want {
			t.Errorf("%q: %q, want %q", c.pin, got, c.want)
		}
	}
}

func TestRulesSurviveAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, name := rapid.String().Draw(t, "secret"), rapid.String().Draw(t, "name")
		passwordFault(s, own{name, s, name, s})
		pinFault(s, own{personnelNo: name})
	})
}

func TestAHashVerifiesItsSecretOnlyAndSaysWhatItCost(t *testing.T) {
	h := newHasher(Cost{Memory: 64, Passes: 1, Lanes: 1})
	a, err := h.hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	b, err := h.hash(t.Context(), "correct horse")
	if err != nil || a == b || !strings.HasPrefix(a, "$argon2id$v=19$m=64,t=1,p=1$") {
		t.Errorf("hashes %q and %q, %v", a, b, err)
	}
	for _, c := range []struct {
		stored, secret string
		want           bool
	}{{a, "correct horse", true}, {b, "correct horse", true}, {a, "correct hors", false}, {"", "", false}, {"", "correct horse", false}} {
		if ok, err := h.verify(t.Context(), c.stored, c.secret); ok != c.want || err != nil {
			t.Errorf("%q with %q: %v %v", c.stored, c.secret, ok, err)
		}
	}
	for _, bad := range []string{"x", "$argon2id$v=19$m=999999999,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "$argon2i$v=19$m=64,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=64,t=1,p=0$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"} {
		if ok, err := h.verify(t.Context(), bad, "x"); ok || err == nil {
			t.Errorf("%.30q is taken for a hash", bad)
		}
	}
	if h.stale(a) || !newHasher(DefaultCost).stale(a) {
		t.Error("a hash is stale at another cost only")
	}
}

func BenchmarkVerify(b *testing.B) {
	h := newHasher(DefaultCost)
	for b.Loop() {
		if _, err := h.verify(b.Context(), "", "correct horse battery"); err != nil {
			b.Fatal(err)
		}
	}
}
