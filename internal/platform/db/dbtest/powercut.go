package dbtest

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// PowerCut is a record of what a program did to the files of a SQLite database
// and of what it told others, in the order in which the system calls returned.
type PowerCut struct {
	ops []diskOp
	// Syncs is how often a file was made durable, Acks how much was acknowledged.
	Syncs, Acks int
}

// Strace returns the command that runs a program and records it. It fails the
// test where strace is not installed.
func Strace(t testing.TB, trace string, program ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath("strace")
	if err != nil {
		t.Fatal("strace is needed to record system calls: apt-get install strace, or: make deps")
	}
	return exec.Command(path, append([]string{
		"-f", "-xx", "-s", "1000000", "-o", trace,
		"-e", "trace=open,openat,close,pwrite64,write,fdatasync,fsync,ftruncate,unlink,unlinkat",
	}, program...)...)
}

// ReadTrace reads the record of one program. name is the base name of the
// database. ack reads what a write outside the database acknowledges: the
// descriptor and the bytes come in, names of what is acknowledged go out.
func ReadTrace(t testing.TB, trace, name string, ack func(fd string, data []byte) []string) *PowerCut {
	t.Helper()
	p := &PowerCut{ops: readTrace(t, trace, name, ack)}
	for _, op := range p.ops {
		switch op.what {
		case "sync":
			p.Syncs++
		case "ack":
			p.Acks++
		}
	}
	return p
}

// States tries the states in which a power cut can leave the disk, which was as
// in start before: after every acknowledgement and after each every-th call.
// What was synced is there; what was written since is there in part, wholly,
// torn, or not at all. check gets a folder with the files, what was acknowledged
// until then, and words for when it was. It returns how many states there were,
// and ends when the test has failed.
func (p *PowerCut) States(t testing.TB, start map[string][]byte, every int, check func(dir string, acked []string, when string)) (states int) {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 7))
	durable := map[string][]byte{}
	for name, b := range start {
		durable[name] = bytes.Clone(b)
	}
	var pending []diskOp
	var acked []string
	for i, op := range p.ops {
		switch op.what {
		case "ack":
			acked = append(acked, op.name)
		case "sync":
			var rest []diskOp
			for _, p := range pending {
				if p.file == op.file || p.what == "unlink" {
					p.apply(durable, -1)
				} else {
					rest = append(rest, p)
				}
			}
			pending = rest
		default:
			pending = append(pending, op)
		}
		if i%every != 0 && op.what != "ack" {
			continue
		}
		for _, variant := range []string{"none", "all", "some", "torn"} {
			image := map[string][]byte{}
			for name, b := range durable {
				image[name] = bytes.Clone(b)
			}
			for _, p := range pending {
				keep := -1
				switch {
				case variant == "none", variant == "some" && r.IntN(2) == 0, variant == "torn" && r.IntN(5) < 2:
					continue
				case variant == "torn" && r.IntN(3) == 0:
					keep = len(p.data) / 2 &^ 511
				}
				p.apply(image, keep)
			}
			states++
			inFolder(t, image, func(dir string) {
				check(dir, acked, fmt.Sprintf("after call %d of %d (%s), %s of the unsynced", i, len(p.ops), op.what, variant))
			})
			if t.Failed() {
				return states
			}
		}
	}
	return states
}

func inFolder(t testing.TB, image map[string][]byte, check func(dir string)) {
	t.Helper()
	parent := os.TempDir()
	if _, err := os.Stat("/dev/shm"); err == nil {
		parent = "/dev/shm"
	}
	dir, err := os.MkdirTemp(parent, "guildhall-test-")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	for file, b := range image {
		if err := os.WriteFile(filepath.Join(dir, file), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	check(dir)
}

// diskOp is a system call that changes the disk, or an acknowledgement.
type diskOp struct {
	what string // write, truncate, unlink, sync, ack
	file string // base name
	at   int64  // offset or length
	data []byte
	name string // what was acknowledged
}

// apply does the operation on an image, only the first keep bytes of a write
// unless keep is negative.
func (o diskOp) apply(image map[string][]byte, keep int) {
	b := image[o.file]
	switch o.what {
	case "unlink":
		delete(image, o.file)
		return
	case "truncate":
		if int64(len(b)) > o.at {
			b = b[:o.at]
		}
		b = append(b, make([]byte, o.at-int64(len(b)))...)
	case "write":
		data := o.data
		if keep >= 0 {
			data = data[:keep]
		}
		if end := int(o.at) + len(data); end > len(b) {
			b = append(b, make([]byte, end-len(b))...)
		}
		copy(b[o.at:], data)
	}
	image[o.file] = b
}

var (
	unfinished = regexp.MustCompile(`^(\d+) +(.*) <unfinished \.\.\.>$`)
	resumed    = regexp.MustCompile(`^(\d+) +<\.\.\. \w+ resumed>(.*)$`)
	callLine   = regexp.MustCompile(`^(\d+) +(\w+)\((.*)\) += (-?\d+)`)
)

// readTrace reads strace's record of one process in the order in which calls
// returned.
func readTrace(t testing.TB, path, name string, ack func(string, []byte) []string) []diskOp {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	begun := map[string]string{}
	open := map[string]string{} // descriptor -> base name
	var ops []diskOp
	for lines.Scan() {
		line := lines.Text()
		if m := unfinished.FindStringSubmatch(line); m != nil {
			begun[m[1]] = m[2]
			continue
		}
		if m := resumed.FindStringSubmatch(line); m != nil {
			line = m[1] + " " + begun[m[1]] + m[2]
		}
		m := callLine.FindStringSubmatch(line)
		if m == nil || strings.HasPrefix(m[4], "-") {
			continue
		}
		args := strings.Split(m[3], ", ")
		fd := args[0]
		file := open[fd]
		ours := strings.HasPrefix(file, name) && !strings.HasSuffix(file, "-shm")
		switch m[2] {
		case "open":
			open[m[4]] = filepath.Base(string(unquote(t, args[0])))
		case "openat":
			open[m[4]] = filepath.Base(string(unquote(t, args[1])))
		case "close":
			delete(open, fd)
		case "pwrite64":
			if ours {
				data := unquote(t, args[1])
				if n, err := strconv.Atoi(m[4]); err != nil || n != len(data) {
					t.Fatalf("a write of %s bytes was recorded as %d", m[4], len(data))
				}
				ops = append(ops, diskOp{what: "write", file: file, at: number(t, args[3]), data: data})
			}
		case "ftruncate":
			if ours {
				ops = append(ops, diskOp{what: "truncate", file: file, at: number(t, args[1])})
			}
		case "fsync", "fdatasync":
			if ours {
				ops = append(ops, diskOp{what: "sync", file: file})
			}
		case "unlink", "unlinkat":
			arg := args[0]
			if m[2] == "unlinkat" {
				arg = args[1]
			}
			if base := filepath.Base(string(unquote(t, arg))); strings.HasPrefix(base, name) && !strings.HasSuffix(base, "-shm") {
				ops = append(ops, diskOp{what: "unlink", file: base})
			}
		case "write":
			for _, name := range ack(fd, unquote(t, args[1])) {
				ops = append(ops, diskOp{what: "ack", name: name})
			}
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return ops
}

func number(t testing.TB, s string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// unquote reads "\x41\x42" as strace -xx prints it.
func unquote(t testing.TB, s string) []byte {
	t.Helper()
	s = strings.Trim(s, `"`)
	if len(s)%4 != 0 {
		t.Fatalf("not as strace -xx prints it: %.40s", s)
	}
	b := make([]byte, len(s)/4)
	for i := range b {
		v, err := strconv.ParseUint(s[4*i+2:4*i+4], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		b[i] = byte(v)
	}
	return b
}
