package main

import (
	"context"
	"fmt"
	"time"

	"github.com/guildhall/guildhall/internal/app"
)

// tokenCommands are the commands about personal tokens.
type tokenCommands struct {
	Create tokenCreateCmd `cmd:"" help:"Make a token for a person and print it. Makes the first admin when there is nobody yet."`
}

type tokenCreateCmd struct {
	place
	Email string        `help:"Whose token it is." required:"" placeholder:"ADDRESS"`
	Name  string        `help:"Name of the first admin, when there is nobody yet."`
	Label string        `help:"What the token is for." default:"command line"`
	Life  time.Duration `help:"How long it works; without end when 0." placeholder:"DURATION"`
}

// Run prints the token as its last line.
func (t *tokenCreateCmd) Run(ctx context.Context) error {
	wanted := app.NewToken{Email: t.Email, Name: t.Name, Label: t.Label, Life: t.Life}
	if err := wanted.Check(); err != nil {
		return err
	}
	h, err := t.open(ctx, app.Config{})
	if err != nil {
		return err
	}
	defer h.Close()
	token, made, err := h.CreateToken(ctx, wanted)
	if err != nil {
		return h.Explain(err)
	}
	if made {
		fmt.Printf("%s is the first admin.\n", t.Email)
	}
	fmt.Println(token)
	return nil
}
