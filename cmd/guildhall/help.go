package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"
)

type helpCmd struct {
	Command []string `arg:"" optional:"" help:"Only this command."`
}

// Run prints every command with every flag, the variable that stands for it
// and its default.
func (c *helpCmd) Run(k *kong.Context) error {
	return printHelp(os.Stdout, k.Model, strings.Join(c.Command, " "))
}

// typeFirst is what to type first.
const typeFirst = `Start with

  guildhall demo     a living demo organisation, gone when you end it
  guildhall serve    the real thing; the first visit sets it up`

func printHelp(w io.Writer, model *kong.Application, only string) error {
	var b strings.Builder
	if only == "" {
		fmt.Fprintf(&b, "%s\n\n%s\n\nA value comes from its flag, else from its variable, else from a line \"name = value\"\nin the file that --config or GUILDHALL_CONFIG names, else it is the default.\n", model.Help, typeFirst)
	}
	found := false
	for _, leaf := range model.Leaves(true) {
		path := strings.TrimPrefix(leaf.FullPath(), model.Name+" ")
		if only != "" && path != only && !strings.HasPrefix(path, only+" ") {
			continue
		}
		found = true
		fmt.Fprintf(&b, "\nguildhall %s", path)
		for _, p := range leaf.Positional {
			fmt.Fprintf(&b, " %s", p.Summary())
		}
		fmt.Fprintf(&b, "\n  %s\n", leaf.Help)
		for _, p := range leaf.Positional {
			if p.Help != "" {
				fmt.Fprintf(&b, "    %-28s %s\n", p.Summary(), p.Help)
			}
		}
		for _, f := range leaf.Flags {
			if !f.Hidden && f.Name != "help" && f.Name != "config" {
				printFlag(&b, f)
			}
		}
	}
	if !found {
		return fmt.Errorf("there is no command %q; guildhall help lists all", only)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func printFlag(b *strings.Builder, f *kong.Flag) {
	name := "--" + f.Name
	if !f.IsBool() && !f.IsCounter() {
		name += "=" + f.FormatPlaceHolder()
	}
	var more []string
	if f.HasDefault && f.Default != "" && f.Default != "false" {
		more = append(more, "default "+f.Default)
	}
	if f.Required {
		more = append(more, "needed")
	}
	more = append(more, f.Envs...)
	line := f.Help
	if len(more) > 0 {
		line += " (" + strings.Join(more, ", ") + ")"
	}
	if len(name) > 28 {
		fmt.Fprintf(b, "    %s\n    %-28s %s\n", name, "", line)
		return
	}
	fmt.Fprintf(b, "    %-28s %s\n", name, line)
}
