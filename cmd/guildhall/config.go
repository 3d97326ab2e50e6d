package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"github.com/alecthomas/kong"
)

// settings are what a file says in place of flags.
type settings struct {
	file   string
	values map[string]string // by flag name
	lines  map[string]int
}

// settingsFor reads the file that --config or GUILDHALL_CONFIG names, nothing
// without one.
func settingsFor(args []string) (*settings, error) {
	file := os.Getenv("GUILDHALL_CONFIG")
	for i, a := range args {
		if a == "--" {
			break
		}
		if v, ok := strings.CutPrefix(a, "--config="); ok {
			file = v
		} else if a == "--config" && i+1 < len(args) {
			file = args[i+1]
		}
	}
	if file == "" {
		return &settings{}, nil
	}
	return readSettings(kong.ExpandPath(file))
}

// readSettings reads a file of lines such as
//
//	# where it answers
//	listen = 0.0.0.0:8080
//	trusted-proxy = 10.0.0.0/8, 192.168.0.0/16
//
// A value may stand in double quotes. A name given twice is a mistake.
func readSettings(file string) (*settings, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("the settings cannot be read: %w", err)
	}
	defer f.Close()
	s := &settings{file: file, values: map[string]string{}, lines: map[string]int{}}
	in := bufio.NewScanner(f)
	for n := 1; in.Scan(); n++ {
		line := strings.TrimSpace(strings.TrimPrefix(in.Text(), "\ufeff"))
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		name, value = strings.TrimLeft(strings.TrimSpace(name), "-"), strings.TrimSpace(value)
		if !ok || name == "" {
			return nil, fmt.Errorf("%s:%d: a line is a name, = and a value", file, n)
		}
		if len(value) > 1 && value[0] == '"' && value[len(value)-1] == '"' {
			value = value[1 : len(value)-1]
		}
		if s.lines[name] != 0 {
			return nil, fmt.Errorf("%s:%d: %s stands in line %d already", file, n, name, s.lines[name])
		}
		s.values[name], s.lines[name] = value, n
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return s, nil
}

// Validate refuses names that no command has.
func (s *settings) Validate(app *kong.Application) error {
	known := map[string]bool{}
	for _, leaf := range append(app.Leaves(false), app.Node) {
		for _, group := range leaf.AllFlags(false) {
			for _, f := range group {
				known[f.Name] = true
			}
		}
	}
	for name, line := range s.lines {
		if !known[name] || name == "config" || name == "help" {
			return fmt.Errorf("%s:%d: there is no setting %s; guildhall help lists all", s.file, line, name)
		}
	}
	return nil
}

// Resolve gives a flag its value. What stands in the environment goes before.
func (s *settings) Resolve(_ *kong.Context, _ *kong.Path, f *kong.Flag) (any, error) {
	for _, name := range f.Envs {
		if os.Getenv(name) != "" {
			return nil, nil
		}
	}
	if v, ok := s.values[f.Name]; ok {
		return v, nil
	}
	return nil, nil
}
