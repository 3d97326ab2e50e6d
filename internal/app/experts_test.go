package app

import (
	"bufio"
	"context"
	"fmt"
	"html"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/connect/stackexchange"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/core/whoknows/trial"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/hostile"
	"github.com/guildhall/guildhall/internal/platform/markdown"
)

// guildDump writes a dump of our own: a dozen people, each at home in two of
// six trades, who ask and answer for a year.
func guildDump(t *testing.T) string {
	t.Helper()
	trades := map[string]string{
		"lathe": "spindle chuck turning speed feed tailstock runout", "welding": "seam gas torch electrode bead porosity argon", "dyeing": "vat pigment mordant fastness shade rinse bath",
		"weaving": "warp weft heddle reed tension selvedge shuttle", "calibration": "probe certificate drift reference gauge sensor offset", "hydraulics": "pump valve pressure seal leak hose accumulator",
	}
	names := []string{"lathe", "welding", "dyeing", "weaving", "calibration", "hydraulics"}
	r := rand.New(rand.NewPCG(3, 4))
	say := func(trade string, n int) string {
		words := strings.Fields(trades[trade])
		out := make([]string, n)
		for i := range out {
			out[i] = words[r.IntN(len(words))]
		}
		return strings.Join(out, " ")
	}
	var posts, votes, users strings.Builder
	for u := range 12 {
		fmt.Fprintf(&users, "  <row Id=\"%d\" DisplayName=\"Person %d\" CreationDate=\"2024-01-01T00:00:00.000\" />\n", u+1, u+1)
	}
	n := 0
	for q := range 120 {
		trade := names[r.IntN(len(names))]
		day := fmt.Sprintf("2025-%02d-%02d", 1+q/10, 1+2*(q%10))
		asker := 1 + r.IntN(12)
		n++
		question, best := n, 0
		var answers strings.Builder
		for who := range 12 {
			home := names[who%6] == trade || names[(who+who/6+1)%6] == trade
			if who+1 == asker || !home && r.IntN(14) > 0 || home && r.IntN(3) == 0 {
				continue
			}
			n++
			fmt.Fprintf(&answers, "  <row Id=\"%d\" PostTypeId=\"2\" ParentId=\"%d\" CreationDate=\"%sT12:%02d:00.000\" Score=\"0\" Body=\"&lt;p&gt;Look at the %s, then the %s.&lt;/p&gt;\" OwnerUserId=\"%d\" />\n",
				n, question, day, who, say(trade, 4), say(trade, 3), who+1)
			for range r.IntN(3) {
				fmt.Fprintf(&votes, "  <row Id=\"%d\" PostId=\"%d\" VoteTypeId=\"2\" CreationDate=\"%sT00:00:00.000\" />\n", 10000+votes.Len(), n, day)
			}
			if best == 0 && home {
				best = n
			}
		}
		accepted := ""
		if best > 0 {
			accepted = fmt.Sprintf(` AcceptedAnswerId="%d"`, best)
			fmt.Fprintf(&votes, "  <row Id=\"%d\" PostId=\"%d\" VoteTypeId=\"1\" CreationDate=\"%sT00:00:00.000\" />\n", 10000+votes.Len(), best, day)
		}
		fmt.Fprintf(&posts, "  <row Id=\"%d\" PostTypeId=\"1\"%s CreationDate=\"%sT08:00:00.000\" Score=\"0\" Body=\"&lt;p&gt;The %s again and again.&lt;/p&gt;\" OwnerUserId=\"%d\" Title=\"What is wrong with the %s?\" Tags=\"&lt;%s&gt;\" />\n%s",
			question, accepted, day, say(trade, 5), asker, say(trade, 3), trade, answers.String())
	}
	dir := t.TempDir()
	for name, rows := range map[string]string{"Posts.xml": posts.String(), "Votes.xml": votes.String(), "Users.xml": users.String()} {
		root := strings.ToLower(strings.TrimSuffix(name, ".xml"))
		if err := os.WriteFile(filepath.Join(dir, name), []byte("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<"+root+">\n"+rows+"</"+root+">\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

var rowAttr = regexp.MustCompile(` (\w+)="([^"]*)"`)

// before writes the part of a dump that was there before a split, with the
// scores of then.
func before(t *testing.T, dir string, s *trial.Split) string {
	t.Helper()
	out, posts, score, accepted := t.TempDir(), map[string]bool{}, map[string]int{}, map[string]bool{}
	for _, v := range s.Archive.Votes {
		switch {
		case v.Day[:10] >= s.At[:10]: // dumps know only the day of a vote
		case v.Kind == trial.Accepts:
			accepted[v.Post] = true
		case v.Kind == trial.Up:
			score[v.Post]++
		case v.Kind == trial.Down:
			score[v.Post]--
		}
	}
	for _, q := range s.Train {
		posts[q.ID] = true
	}
	for _, a := range s.Answers {
		posts[a.ID] = true
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.xml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		in, err := os.Open(f)
		if err != nil {
			t.Fatal(err)
		}
		var w strings.Builder
		lines := bufio.NewScanner(in)
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			l := lines.Text()
			if !strings.HasPrefix(strings.TrimSpace(l), "<row ") {
				w.WriteString(l + "\n")
				continue
			}
			r := map[string]string{}
			for _, m := range rowAttr.FindAllStringSubmatch(l, -1) {
				r[m[1]] = m[2]
			}
			keep := false
			switch filepath.Base(f) {
			case "Users.xml", "Tags.xml":
				keep = true
			case "Posts.xml":
				keep = posts[r["Id"]]
				l = strings.Replace(l, fmt.Sprintf(` Score="%s"`, r["Score"]), fmt.Sprintf(` Score="%d"`, score[r["Id"]]), 1)
				if n := r["AcceptedAnswerId"]; n != "" && !accepted[n] {
					l = strings.Replace(l, fmt.Sprintf(` AcceptedAnswerId="%s"`, n), "", 1)
				}
			case "Votes.xml":
				keep = posts[r["PostId"]] && r["CreationDate"][:10] < s.At[:10]
			case "Comments.xml", "PostHistory.xml":
				keep = posts[r["PostId"]] && r["CreationDate"] < s.At
			case "PostLinks.xml":
				keep = posts[r["PostId"]] && posts[r["RelatedPostId"]]
			case "Badges.xml":
				keep = r["Date"] < s.At
			}
			if keep {
				w.WriteString(l + "\n")
			}
		}
		in.Close()
		if err := os.WriteFile(filepath.Join(out, filepath.Base(f)), []byte(w.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

var xmlTag = regexp.MustCompile(`<[^>]+>`)

// freeText is a question as somebody types it: the title, the tags, the words.
func freeText(q *trial.Question) string {
	plain := func(s string) string { return strings.TrimSpace(html.UnescapeString(xmlTag.ReplaceAllString(s, " "))) }
	return cut(strings.Join(strings.Fields(plain(q.Title)+" "+strings.NewReplacer("<", " ", ">", " ", "|", " ").Replace(q.Tags)+" "+plain(q.Body)), " "), 2000)
}

// TestTheRankingThatIsMeasuredIsTheOneTheAPIAnswersWith imports an archive as it
// was before a split and asks the API who knows about each question that came
// after, in free text; the trial that bench experts prints, asked for the same
// words and skills, names the same people.
func TestTheRankingThatIsMeasuredIsTheOneTheAPIAnswersWith(t *testing.T) {
	t.Run("our own", func(t *testing.T) { compareExperts(t, guildDump(t), 0.6, 1) })
	t.Run("a real one", func(t *testing.T) { compareExperts(t, hostile.Path(t, "stackexchange", "conlang-meta"), 0.5, 0.9) })
	if !testing.Short() {
		t.Run("a larger one", func(t *testing.T) { compareExperts(t, hostile.Path(t, "stackexchange", "quantumcomputing"), 0.8, 0.9) })
	}
}

// compareExperts fails the test when less than the share alike of the first ten
// places is the same, or a measure of the whole differs. A real archive differs
// in a little: its times of acceptance, and languages that are not English.
func compareExperts(t *testing.T, dir string, share, alike float64) {
	a, err := trial.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := a.Split(share)
	if err != nil {
		t.Fatal(err)
	}
	p, err := trial.Open(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	g := newGuild(t, dbtest.SQLite(t))
	d, err := stackexchange.Open(os.DirFS(before(t, dir, s)))
	if err != nil {
		t.Fatal(err)
	}
	x := &ask.StackExchange{Service: g.house.Ask, People: g.house.People, Dump: d, Site: "trial.example", Markdown: markdown.FromHTML}
	if err := x.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	g.follow()
	named, lately := map[string][]string{}, 0
	api, err := s.Run(func(q *trial.Question) ([]string, error) {
		var out struct {
			Items []struct {
				SourceID string `json:"source_id"`
				Near     bool   `json:"near"`
				Reasons  []struct {
					URL    string `json:"url"`
					Lately bool   `json:"lately"`
				} `json:"reasons"`
			}
		}
		if code := g.call("Ada", "GET", "/api/v1/experts?limit=100&q="+url.QueryEscape(freeText(q)), nil, &out); code != 200 {
			return nil, fmt.Errorf("the API answers %d", code)
		}
		for _, i := range out.Items {
			if len(i.Reasons) == 0 || i.Reasons[0].URL == "" {
				return nil, fmt.Errorf("%s is named for %q without a reason", i.SourceID, q.Title)
			}
			if i.Reasons[0].Lately {
				if lately++; !i.Near || len(i.Reasons) > 1 {
					return nil, fmt.Errorf("what %s showed lately stands for what %q asks", i.SourceID, q.Title)
				}
			}
			named[q.ID] = append(named[q.ID], i.SourceID)
		}
		return named[q.ID], nil
	})
	if err != nil {
		t.Fatal(err)
	}
	firsts, places, same := 0, 0, 0
	measured, err := s.Run(func(q *trial.Question) ([]string, error) {
		// The words of the API, and the skills that it reads from them.
		text, tags := freeText(q), ""
		if err := g.house.DB.Read(context.Background(), func(tx *db.Tx) error {
			found, err := skills.InText(tx, text)
			for _, k := range found {
				tags += "<" + strings.ReplaceAll(k.Name, " ", "-") + ">"
			}
			return err
		}); err != nil {
			return nil, err
		}
		r, err := p.Rank(context.Background(), &trial.Question{ID: q.ID, Title: text, Tags: tags}, nil)
		for i := range min(10, len(r), len(named[q.ID])) {
			places++
			if r[i] == named[q.ID][i] {
				same++
				if i == 0 {
					firsts++
				}
			}
		}
		return r, err
	})
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := trial.Mean(measured), trial.Mean(api)
	t.Logf("%d times somebody was named for answering often", lately)
	t.Logf("%d questions: measured %.4f, by the API %.4f; the first is the same %d times, of %d places %d are", len(s.Tests), ours, theirs, firsts, places, same)
	if places < 10*min(len(s.Tests), 15) || float64(same) < alike*float64(places) || float64(firsts) < alike*float64(len(s.Tests)) {
		t.Errorf("only %d of %d places and %d of %d first ones are the same", same, places, firsts, len(s.Tests))
	}
	for i, name := range trial.MeasureNames() {
		if d := ours[i] - theirs[i]; d > 0.015 || d < -0.015 {
			t.Errorf("%s is %.3f as measured and %.3f by the API", name, ours[i], theirs[i])
		}
	}
}
