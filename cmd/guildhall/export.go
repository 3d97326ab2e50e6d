package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/guildhall/guildhall/internal/app"
	"github.com/guildhall/guildhall/internal/connect/export"
	"github.com/guildhall/guildhall/internal/platform/blob"
)

type exportCmd struct {
	place
	Out string `required:"" help:"A new folder, or a new file that ends in .zip." type:"path"`
}

// files opens the uploaded files that belong to the house.
func (p place) files(h *app.House) (blob.Store, error) {
	return blob.New(h.DB, filepath.Join(p.Data, "files"), h.Clock)
}

// Run writes the export. A server may be running beside it.
func (c *exportCmd) Run(ctx context.Context) error {
	h, err := c.openExisting(ctx, app.Config{})
	if err != nil {
		return err
	}
	defer h.Close()
	files, err := c.files(h)
	if err != nil {
		return err
	}
	out, err := export.NewPlace(c.Out)
	if err != nil {
		return notWritten(c.Out, err)
	}
	defer out.Discard()
	p := progress{out: os.Stderr}
	x := &export.Export{DB: h.DB, Files: files, Create: out.Create, Progress: func(name string, lines int) {
		p.show(fmt.Sprintf("%s: %d", name, lines))
	}}
	s, err := x.Run(ctx)
	p.clear()
	if err != nil {
		return notWritten(c.Out, h.Explain(err))
	}
	if err := out.Keep(); err != nil {
		return notWritten(c.Out, err)
	}
	fmt.Printf("exported %d people, %d questions, %d answers, %d comments and %d files to %s\n",
		s.Lines["people.jsonl"], s.Lines["questions.jsonl"], s.Lines["answers.jsonl"], s.Lines["comments.jsonl"], s.Files, c.Out)
	return nil
}
