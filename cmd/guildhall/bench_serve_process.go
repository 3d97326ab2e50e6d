package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/guildhall/guildhall/internal/core/visit"
)

// served is a server under measurement.
type served struct {
	cmd   *exec.Cmd
	host  string
	first time.Duration // from its start to its first response
}

// start runs this program as a server and waits until it answers.
func start(ctx context.Context, path string, args ...string) (*served, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &served{cmd: exec.CommandContext(ctx, self, args...)}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.cmd.Stderr = os.Stderr
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	in := bufio.NewScanner(out)
	for in.Scan() {
		if _, at, ok := strings.Cut(in.Text(), "http://"); ok {
			s.host = strings.TrimRight(strings.Fields(at)[0], "/")
			break
		}
	}
	if s.host == "" {
		s.stop()
		return nil, errors.New("the server did not start")
	}
	go io.Copy(io.Discard, out)
	c, err := s.dial()
	if err == nil {
		defer c.close()
		_, err = c.get(path, "")
	}
	if err != nil {
		s.stop()
		return nil, err
	}
	s.first = time.Since(began)
	return s, nil
}

func (s *served) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
}

// cpu is the processor time the server has used. The scheduler's own count is
// exact to nanoseconds where the kernel has it.
func (s *served) cpu() (time.Duration, error) {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", s.cmd.Process.Pid))
	if err != nil || len(tasks) == 0 {
		return 0, errors.New("the processor time of another process can be read on Linux only")
	}
	var sum int64
	for _, t := range tasks {
		b, err := os.ReadFile(t)
		if err != nil {
			continue // the thread has ended
		}
		first, _, _ := strings.Cut(string(b), " ")
		n, err := strconv.ParseInt(first, 10, 64)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return time.Duration(sum), nil
}

// queued is how long the server's threads were ready and waited for a processor.
func (s *served) queued() time.Duration {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	var sum int64
	for _, t := range tasks {
		b, err := os.ReadFile(t)
		if f := strings.Fields(string(b)); err == nil && len(f) > 1 {
			n, _ := strconv.ParseInt(f[1], 10, 64)
			sum += n
		}
	}
	return time.Duration(sum)
}

// memory is what the server holds in memory, in bytes.
func (s *served) memory() int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmRSS:" {
			n, _ := strconv.ParseInt(f[1], 10, 64)
			return n << 10
		}
	}
	return 0
}

// caller is one connection that is kept, as a browser or a program keeps it.
// It does no more than it must, since it runs beside the server it measures.
type caller struct {
	host string
	conn net.Conn
	in   *bufio.Reader
	out  []byte
	body []byte
}

func (s *served) dial() (*caller, error) {
	conn, err := net.Dial("tcp", s.host)
	if err != nil {
		return nil, err
	}
	return &caller{host: s.host, conn: conn, in: bufio.NewReaderSize(conn, 16<<10)}, nil
}

func (c *caller) close() { _ = c.conn.Close() }

// get asks for a page, compressed as a browser gets it. The bytes are good
// until the next call.
func (c *caller) get(path, cookie string) ([]byte, error) {
	c.begin("GET", path)
	c.out = append(c.out, "Accept-Encoding: gzip\r\n"...)
	if cookie != "" {
		c.out = append(append(append(c.out, "Cookie: "+visit.Cookie+"="...), cookie...), "\r\n"...)
	}
	return c.call(path, http.StatusOK, nil)
}

// post sends JSON as a program with a token does.
func (c *caller) post(path, token string, body []byte) error {
	c.begin("POST", path)
	c.out = append(append(append(c.out, "Authorization: Bearer "...), token...), "\r\nContent-Type: application/json\r\nContent-Length: "...)
	c.out = append(strconv.AppendInt(c.out, int64(len(body)), 10), "\r\n"...)
	_, err := c.call(path, http.StatusCreated, body)
	return err
}

func (c *caller) begin(method, path string) {
	c.out = append(append(append(append(c.out[:0], method...), ' '), path...), " HTTP/1.1\r\nHost: "...)
	c.out = append(append(c.out, c.host...), "\r\n"...)
}

func (c *caller) call(path string, want int, body []byte) ([]byte, error) {
	c.out = append(append(c.out, "\r\n"...), body...)
	if err := c.conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return nil, err
	}
	if _, err := c.conn.Write(c.out); err != nil {
		return nil, err
	}
	res, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	c.body = c.body[:0]
	for {
		if len(c.body) == cap(c.body) {
			c.body = append(c.body, make([]byte, 16<<10)...)[:len(c.body)]
		}
		n, err := res.Body.Read(c.body[len(c.body):cap(c.body)])
		c.body = c.body[:len(c.body)+n]
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	if res.StatusCode != want {
		return nil, fmt.Errorf("%s answered %s: %.300s", path, res.Status, c.body)
	}
	return c.body, nil
}
