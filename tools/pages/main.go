// Command pages writes the Go code of the .templ files below the folder it is
// run in: it formats them, has templ generate, and marks every component
// //go:noinline. A component is a small function around a large closure; where
// the compiler inlines the one, it compiles the other once more for every use,
// which took four fifths of the time a package of pages takes to build and made
// the program a tenth larger. The price, about a tenth of the CPU of a page, is
// in docs/decisions/what-a-cold-build-costs.md.
package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/a-h/templ/cmd/templ/fmtcmd"
	"github.com/a-h/templ/cmd/templ/generatecmd"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	if err := fmtcmd.Run(quiet, os.Stdin, io.Discard, fmtcmd.Arguments{Files: []string{"."}, WorkerCount: 2}); err != nil {
		return fmt.Errorf("format: %w", err)
	}
	if err := generatecmd.Run(context.Background(), io.Discard, os.Stderr, []string{"-log-level", "error"}); err != nil {
		return fmt.Errorf("generate: %w", err)
	}
	return filepath.WalkDir(".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, "_templ.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(path, mark(text), 0o644)
	})
}

// component is the head of a generated component, with its comment.
var component = regexp.MustCompile(`(?m)((?:^//.*\n)*)^func .* templ\.Component \{\n\treturn templruntime\.GeneratedTemplate\(`)

// mark puts the directive before every component.
func mark(text []byte) []byte {
	return component.ReplaceAllFunc(text, func(head []byte) []byte {
		at := strings.LastIndex(string(head), "\nfunc ") + 1
		comment, rest := string(head[:at]), string(head[at:])
		if comment != "" {
			comment += "//\n"
		}
		return []byte(comment + "//go:noinline\n" + rest)
	})
}
