// Command guildhall serves, fills, checks and saves a Guildhall.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // a static binary runs where no zones are installed

	"github.com/alecthomas/kong"

	"github.com/guildhall/guildhall/internal/app"
)

// commands is the whole command line. Each command stands in its own file.
type commands struct {
	Config string `help:"A file with a setting a line: the name of a flag without dashes, =, and its value." env:"GUILDHALL_CONFIG" type:"path" placeholder:"FILE"`

	Demo    demoCmd        `cmd:"" help:"Serve a demo organisation from a temporary folder."`
	Import  importCommands `cmd:"" help:"Bring data from elsewhere."`
	Serve   serveCmd       `cmd:"" help:"Serve Guildhall."`
	Export  exportCmd      `cmd:"" help:"Write everything the whole organisation may see as files anybody can read."`
	Backup  backupCmd      `cmd:"" help:"Save everything as one file, beside a running server."`
	Restore restoreCmd     `cmd:"" help:"Write a backup into an empty data folder or database."`
	Token   tokenCommands  `cmd:"" help:"Personal tokens for the API."`
	Bench   benchCommands  `cmd:"" help:"Measure Guildhall."`
	Doctor  doctorCmd      `cmd:"" help:"Check everything Guildhall stands on and say in words what is missing."`
	Help    helpCmd        `cmd:"" help:"Print every command with every flag, variable and setting."`
	Match   matchCommands  `cmd:"" help:"Solve a matching problem from files and prove the answer."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

// run carries out one command line and returns the exit code: 0 done, 1 it
// failed, 2 the command line or its input is wrong.
func run(ctx context.Context, args []string) int {
	var c commands
	settings, err := settingsFor(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "guildhall:", err)
		return 2
	}
	parser, err := kong.New(&c,
		kong.Resolvers(settings),
		kong.Name("guildhall"),
		kong.Description("The place where an organisation teaches itself."),
		kong.UsageOnError(),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err != nil {
		fmt.Fprintln(os.Stderr, "guildhall:", err)
		return 1
	}
	if len(args) == 0 {
		fmt.Fprintf(os.Stderr, "%s\n\n%s\n\n  guildhall help     every command with every flag\n", parser.Model.Help, typeFirst)
		return 2
	}
	k, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "guildhall: %v\nguildhall help lists every command with its flags.\n", err)
		return 2
	}
	if err := k.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "guildhall:", app.InWords(err))
		var e interface{ ExitCode() int }
		if errors.As(err, &e) {
			return e.ExitCode()
		}
		return 1
	}
	return 0
}
