package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

func TestEveryVersionIsReachedPageByPage(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		ctx := context.Background()
		q, a, _ := g.thread(access.Organisation, "How is the loom threaded?", "Version 1.")
		ben := g.actor("Ben")
		for n := 2; n <= 53; n++ {
			if err := g.house.Ask.Edit(ctx, ben, q, ask.Edit{Title: "How is the loom threaded?", Body: fmt.Sprintf("Version %d.", n)}); err != nil {
				t.Fatal(err)
			}
			if err := g.house.Ask.EditAnswer(ctx, ben, a, fmt.Sprintf("Version %d.", n), ""); err != nil {
				t.Fatal(err)
			}
		}
		for _, path := range []string{"/questions/" + q.String() + "/history", "/answers/" + a.String() + "/history"} {
			first := g.want("Mia", path, 200, "Version 53.", "?before=4", `rel="next"`, "-", `rel="prev"`, "First version")
			last := g.want("Mia", path+"?before=4", 200, "Version 3.", "First version", `rel="prev"`, "-", `rel="next"`, "Version 4.")
			if n := strings.Count(first, "<section") + strings.Count(last, "<section"); n != 53 {
				t.Errorf("%s shows %d versions on two pages, want 53", path, n)
			}
			g.want("Mia", path+"?before=x", 404)
			g.want("Mia", path+"?before=99999999999", 404)
			numbers := g.everyItem("Mia", "/api/v1"+path, "number", 50)
			if len(numbers) != 53 || slices.Contains(numbers[1:], numbers[0]) || numbers[52] != "1" {
				t.Errorf("the API lists %v", numbers)
			}
		}
	})
}
