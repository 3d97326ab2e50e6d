package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// benchImportCmd measures an import as an admin sees it: a process of its own
// on an empty folder.
type benchImportCmd struct {
	Dir string `arg:"" help:"Folder of a Stack Exchange data dump." type:"existingdir"`
}

// Goals of an import of some thousand posts.
const (
	goalImportTime   = 15 * time.Second
	goalImportMemory = 300 << 20
)

// Run imports and exports and prints time, processor time and the most memory
// used.
func (c *benchImportCmd) Run(ctx context.Context) error {
	folder, err := os.MkdirTemp("", "guildhall-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	data := filepath.Join(folder, "data")
	for _, step := range []struct {
		what string
		args []string
	}{
		{"import", []string{"import", "stackexchange", c.Dir, "--data", data}},
		{"the same import again", []string{"import", "stackexchange", c.Dir, "--data", data}},
		{"export", []string{"export", "--data", data, "--out", filepath.Join(folder, "out.zip")}},
	} {
		u, err := measured(ctx, step.args...)
		if err != nil {
			return err
		}
		fmt.Print(u.output)
		goal := ""
		if step.what == "import" {
			goal = fmt.Sprintf(" (goal: %.0f s, %d MB; %s)", goalImportTime.Seconds(), goalImportMemory>>20, verdict(u.wall < goalImportTime && u.memory < goalImportMemory))
		}
		fmt.Printf("%-22s %6.1f s, of these %.1f s of processor time; %d MB of memory at most%s\n",
			step.what, u.wall.Seconds(), u.cpu.Seconds(), u.memory>>20, goal)
	}
	return nil
}

func verdict(ok bool) string {
	if ok {
		return "reached"
	}
	return "MISSED"
}

// usage is what a process used.
type usage struct {
	wall, cpu time.Duration
	memory    int64 // bytes, at most
	output    string
}

// measured runs this program as a process of its own.
func measured(ctx context.Context, args ...string) (usage, error) {
	self, err := os.Executable()
	if err != nil {
		return usage{}, err
	}
	c := exec.CommandContext(ctx, self, args...)
	var out, problems strings.Builder
	c.Stdout, c.Stderr = &out, &problems
	began := time.Now()
	if err := c.Run(); err != nil {
		return usage{}, fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, problems.String())
	}
	u := usage{wall: time.Since(began), cpu: c.ProcessState.UserTime() + c.ProcessState.SystemTime(), output: out.String()}
	if r, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.memory = r.Maxrss << 10 // kilobytes on Linux
	}
	return u, nil
}
