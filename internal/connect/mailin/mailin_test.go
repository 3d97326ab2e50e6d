package mailin

import (
	"encoding/base64"
	"strings"
	"testing"
)

const reply = "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nPRODID:x\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:u-1\r\nDTSTAMP:20261120T101500Z\r\nSEQUENCE:3\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:ben@example.org\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

func lines(s ...string) string { return strings.Join(s, "\r\n") }

func TestAnAnswerIsFoundWhereverAProgramPutsIt(t *testing.T) {
	for name, text := range map[string]string{
		"alone":   lines("From: ben@example.org", "Content-Type: text/calendar; method=REPLY; charset=utf-8", "", reply),
		"base64":  lines("From: ben@example.org", "Content-Type: text/calendar; method=REPLY", "Content-Transfer-Encoding: base64", "", base64.StdEncoding.EncodeToString([]byte(reply))),
		"outlook": lines("From: ben@example.org", "Content-Type: multipart/alternative; boundary=b", "", "--b", "Content-Type: text/plain", "", "", "--b", "Content-Type: text/calendar; charset=\"utf-8\"; method=REPLY", "Content-Transfer-Encoding: quoted-printable", "", strings.ReplaceAll(reply, "=", "=3D"), "--b--", ""),
		"nested":  lines("From: ben@example.org", "Content-Type: multipart/mixed; boundary=a", "", "--a", "Content-Type: multipart/alternative; boundary=b", "", "--b", "Content-Type: text/html", "", "<p>yes</p>", "--b", "Content-Type: text/calendar; method=REPLY", "", reply, "--b--", "--a--", ""),
	} {
		r, err := Read(strings.NewReader(text))
		if err != nil || r.UID != "u-1" || r.Answer != "yes" || r.Sequence != 3 {
			t.Errorf("%s: %+v %v", name, r, err)
		}
	}
	for name, text := range map[string]string{
		"away":    lines("From: ben@example.org", "Content-Type: text/plain", "", "I am away"),
		"deep":    "Content-Type: multipart/mixed; boundary=a\r\n\r\n" + strings.Repeat("--a\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n", 1000),
		"nothing": "",
	} {
		if r, err := Read(strings.NewReader(text)); err == nil {
			t.Errorf("%s is read as %+v", name, r)
		}
	}
}

func FuzzMail(f *testing.F) {
	f.Add(lines("From: ben@example.org", "Content-Type: text/calendar; method=REPLY", "", reply))
	f.Add(lines("From: ben@example.org", "Content-Type: multipart/alternative; boundary=b", "", "--b", "Content-Type: text/calendar", "", reply, "--b--", ""))
	f.Fuzz(func(t *testing.T, text string) {
		if r, err := Read(strings.NewReader(text)); err == nil && r.Answer == "" {
			t.Fatal("an answer that says nothing")
		}
	})
}

func TestOnlyAddressesOfTheHouseAreTaken(t *testing.T) {
	s := &Server{Address: "guildhall@reply.example.org"}
	for to, want := range map[string]string{
		"guildhall+abc@reply.example.org": "abc", "GuildHall+ABC@Reply.example.org": "abc", "guildhall@reply.example.org": "",
		"guildhall+abc@example.org": "", "other+abc@reply.example.org": "", "guildhall+@reply.example.org": "", "x": "",
	} {
		got, ok := s.token(to)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%s: %q %v", to, got, ok)
		}
	}
}
