package skills

import (
	"context"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Brought counts what an import of skills did.
type Brought struct{ New, Changed, Same int }

// brings is how many skills are written in one transaction: a few milliseconds.
const brings = 20

// Bring adds skills of another list, quietly and in small steps. A skill whose
// name is known gets the further names and, when it has none, the description;
// doing it again changes nothing. With preview nothing is written.
func (s *Service) Bring(ctx context.Context, drafts []Draft, preview bool, progress func(done, of int)) (Brought, error) {
	var sum Brought
	do := s.db.Write
	if preview {
		do = s.db.Read
	}
	for at := 0; at < len(drafts); at += brings {
		chunk := drafts[at:min(at+brings, len(drafts))]
		var n Brought
		if err := do(ctx, func(tx *db.Tx) error {
			n = Brought{}
			for _, d := range chunk {
				if err := s.bring(tx, d, preview, &n); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return sum, err
		}
		sum.New, sum.Changed, sum.Same = sum.New+n.New, sum.Changed+n.Changed, sum.Same+n.Same
		if progress != nil {
			progress(at+len(chunk), len(drafts))
		}
	}
	return sum, nil
}

func (s *Service) bring(tx *db.Tx, d Draft, preview bool, n *Brought) error {
	d.Quiet = true
	if d.Kind == "" {
		d.Kind = Skill
	}
	if Norm(d.Name) == "" {
		n.Same++
		return nil
	}
	known, err := s.brought(tx, d)
	if err != nil {
		return err
	}
	if known == 0 {
		n.New++
		if preview {
			return nil
		}
		_, err := s.Add(tx, access.Actor{}, d)
		return err
	}
	var missing []string
	have := map[string]bool{}
	if _, err := db.All(tx, normsSQL, func(r *db.Rows, _ *struct{}) error {
		var norm string
		err := r.Scan(&norm)
		have[norm] = true
		return err
	}, known); err != nil {
		return err
	}
	for _, name := range append([]string{d.Name}, d.Synonyms...) {
		if norm := Norm(name); norm != "" && !have[norm] {
			have[norm] = true
			missing = append(missing, name)
		}
	}
	var name, description, state string
	if _, err := tx.Row(wordsSQL, []any{&name, &description, &state}, known); err != nil {
		return err
	}
	describe := description == "" && d.Description != ""
	if len(missing) == 0 && !describe {
		n.Same++
		return nil
	}
	n.Changed++
	if preview {
		return nil
	}
	if err := s.addNames(tx, known, missing, d.Lang); err != nil {
		return err
	}
	if describe {
		if _, err := tx.Exec(fillDescriptionSQL, d.Description, db.At(s.clock.Now()), known); err != nil {
			return err
		}
	}
	return s.index(tx, known)
}

// brought finds a skill by where it comes from, else by its name.
func (s *Service) brought(tx *db.Tx, d Draft) (id.ID, error) {
	if d.OriginID != "" {
		var n id.ID
		ok, err := tx.Row(byOriginSQL, []any{&n}, d.Origin, d.OriginID)
		if err != nil || ok {
			return n, err
		}
	}
	return s.byNorm(tx, Norm(d.Name), d.Kind, access.Organisation)
}

// Stock puts the catalogue that ships with the product into an organisation
// that does not have it yet, with the descriptions of its levels. It looks
// before it writes, so that every start may call it.
func (s *Service) Stock(ctx context.Context) error {
	entries, err := Catalogue()
	if err != nil {
		return err
	}
	levels, err := LevelTexts()
	if err != nil {
		return err
	}
	have := map[string]bool{}
	if err := s.db.Read(ctx, func(tx *db.Tx) error {
		_, err := db.All(tx, stockedSQL, func(r *db.Rows, _ *struct{}) error {
			var n string
			err := r.Scan(&n)
			have[n] = true
			return err
		})
		return err
	}); err != nil {
		return err
	}
	var missing []Entry
	for _, e := range entries {
		if !have[Norm(e.Name)] {
			missing = append(missing, e)
		}
	}
	for at := 0; at < len(missing); at += brings {
		chunk := missing[at:min(at+brings, len(missing))]
		if err := s.db.Write(ctx, func(tx *db.Tx) error {
			for _, e := range chunk {
				n, err := s.Add(tx, access.Actor{}, Draft{
					Name: e.Name, Category: e.Category, Description: e.Description, Synonyms: e.Synonyms,
					Origin: "guildhall", OriginID: Norm(e.Name), Lang: "en", Quiet: true,
				})
				if err != nil {
					return err
				}
				// A skill of that name that was there before is now this one.
				if _, err := tx.Exec(stockSQL, Norm(e.Name), n); err != nil {
					return err
				}
				for i, text := range levels[e.Levels] {
					if _, err := tx.Exec(insertLevelSQL, n, i+1, text); err != nil {
						return err
					}
				}
			}
			return nil
		}); fault.Is(err, fault.Conflict) {
			return nil // another server is doing it
		} else if err != nil {
			return err
		}
	}
	return nil
}
