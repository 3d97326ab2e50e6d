package dbtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// One private server serves all test processes of one user. The folder
// "guildhall-test-postgres-UID" holds a lock file and "current", a link to the
// folder of the running server. Each test process leaves its number in the
// server's folder "users"; a small shell script watches these and stops the
// server when all have ended. A process registers first and then looks whether
// the link still stands; the watchdog takes the link away first and then looks
// for users once more; so no process is left with a server that is stopping.

const install = "install PostgreSQL (apt-get install postgresql, or: make deps), or set GUILDHALL_TEST_POSTGRES"

// serverURL starts or finds the server and returns the URL of its database
// "postgres".
var serverURL = sync.OnceValues(func() (string, error) {
	if given := os.Getenv("GUILDHALL_TEST_POSTGRES"); given != "" {
		return given, nil
	}
	bin, err := binaries()
	if err != nil {
		return "", err
	}
	base := filepath.Join(os.TempDir(), "guildhall-test-postgres-"+strconv.Itoa(os.Getuid()))
	if err := os.MkdirAll(base, 0o755); err != nil {
		return "", err
	}
	lock, err := os.OpenFile(filepath.Join(base, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", err
	}
	defer func() { _ = lock.Close() }()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", err
	}
	if u, ok := join(base); ok {
		return u, nil
	}
	return start(bin, base)
})

// withDatabase is the server's URL with another database in it.
func withDatabase(server, name string) string {
	u, err := url.Parse(server)
	if err != nil {
		return server
	}
	u.Path = "/" + name
	return u.String()
}

// binaries finds the folder of initdb and postgres.
func binaries() (string, error) {
	if p, err := exec.LookPath("initdb"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil {
			return filepath.Dir(p), nil
		}
	}
	var found []string
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin/initdb", "/usr/pgsql-*/bin/initdb", "/usr/local/pgsql/bin/initdb", "/opt/homebrew/opt/postgresql@*/bin/initdb"} {
		m, _ := filepath.Glob(pattern)
		found = append(found, m...)
	}
	if len(found) == 0 {
		return "", errors.New("no PostgreSQL found: " + install)
	}
	sort.Strings(found)
	return filepath.Dir(found[len(found)-1]), nil
}

// join registers with the running server, if there is one that answers.
func join(base string) (string, bool) {
	current := filepath.Join(base, "current")
	dir, err := os.Readlink(current)
	if err != nil {
		return "", false
	}
	if err := register(dir); err != nil {
		return "", false
	}
	if again, err := os.Readlink(current); err != nil || again != dir {
		return "", false
	}
	b, err := os.ReadFile(filepath.Join(dir, "url"))
	if err != nil || answers(string(b), time.Second) != nil {
		_ = os.Remove(current)
		return "", false
	}
	return string(b), true
}

func register(dir string) error {
	return os.WriteFile(filepath.Join(dir, "users", strconv.Itoa(os.Getpid())), nil, 0o600)
}

func answers(u string, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var last error
	for ctx.Err() == nil {
		conn, err := pgx.Connect(ctx, u)
		if err == nil {
			return conn.Close(ctx)
		}
		last = err
		time.Sleep(20 * time.Millisecond)
	}
	return last
}

// watchdog stops the server $1 (the folder) when no process of "users" has
// been alive for ten seconds.
const watchdog = `
base=$1 dir=$2 pid=$3
alive() {
  for f in "$dir"/users/*; do
    p=${f##*/}
    if kill -0 "$p" 2>/dev/null; then return 0; fi
    rm -f "$f"
  done
  return 1
}
idle=0
while kill -0 "$pid" 2>/dev/null; do
  if alive; then idle=0; else idle=$((idle+1)); fi
  if [ $idle -ge 10 ]; then
    if [ "$(readlink "$base/current")" = "$dir" ]; then rm -f "$base/current"; fi
    sleep 1
    if ! alive; then break; fi
    idle=0
  fi
  sleep 1
done
kill -QUIT "$pid" 2>/dev/null
while kill -0 "$pid" 2>/dev/null; do sleep 0.2; done
rm -rf "$dir"
`

func start(bin, base string) (string, error) {
	dir, err := os.MkdirTemp(base, "server-")
	if err != nil {
		return "", err
	}
	data := filepath.Join(dir, "data")
	for _, d := range []string{data, filepath.Join(dir, "users")} {
		if err := os.Mkdir(d, 0o700); err != nil {
			return "", err
		}
	}
	as := func(name string, args ...string) *exec.Cmd { return exec.Command(name, args...) }
	if os.Getuid() == 0 {
		// PostgreSQL refuses to run as root.
		u, err := user.Lookup("postgres")
		if err != nil {
			return "", fmt.Errorf("no user postgres to run PostgreSQL as: %s", install)
		}
		uid, err := strconv.Atoi(u.Uid)
		if err != nil {
			return "", err
		}
		gid, err := strconv.Atoi(u.Gid)
		if err != nil {
			return "", err
		}
		for _, d := range []string{dir, data} {
			if err := os.Chown(d, uid, gid); err != nil {
				return "", err
			}
		}
		as = func(name string, args ...string) *exec.Cmd {
			c := exec.Command(name, args...)
			c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
			return c
		}
	}
	init := as(filepath.Join(bin, "initdb"), "-D", data, "-U", "guildhall", "--auth=trust", "--no-sync", "--locale=C", "--encoding=UTF8", "--no-instructions")
	init.Dir = dir
	if out, err := init.CombinedOutput(); err != nil {
		return "", fmt.Errorf("initdb: %w: %s", err, bytes.TrimSpace(out))
	}
	port, err := freePort()
	if err != nil {
		return "", err
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return "", err
	}
	defer func() { _ = log.Close() }()
	server := as(filepath.Join(bin, "postgres"), "-D", data, "-p", strconv.Itoa(port), "-k", dir, "-h", "127.0.0.1",
		"-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off",
		"-c", "max_connections=300", "-c", "shared_buffers=64MB", "-c", "max_wal_size=256MB", "-c", "autovacuum=off",
		"-c", "log_min_messages=fatal", "-c", "jit=off")
	server.Dir, server.Stdout, server.Stderr = dir, log, log
	if server.SysProcAttr == nil {
		server.SysProcAttr = &syscall.SysProcAttr{}
	}
	server.SysProcAttr.Setsid = true // an interrupt of the tests is no interrupt of the server
	if err := server.Start(); err != nil {
		return "", err
	}
	u := url.URL{Scheme: "postgres", User: url.User("guildhall"), Path: "/postgres",
		RawQuery: url.Values{"host": {dir}, "port": {strconv.Itoa(port)}}.Encode()}
	if err := answers(u.String(), 30*time.Second); err != nil {
		_ = server.Process.Kill()
		out, _ := os.ReadFile(log.Name())
		return "", fmt.Errorf("PostgreSQL did not start: %w: %s", err, strings.TrimSpace(string(out)))
	}
	if err := register(dir); err != nil {
		return "", err
	}
	dog := exec.Command("/bin/sh", "-c", watchdog, "watchdog", base, dir, strconv.Itoa(server.Process.Pid))
	dog.Dir = "/"
	dog.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := dog.Start(); err != nil {
		_ = server.Process.Kill()
		return "", err
	}
	// Neither is waited for: they outlive this process.
	_ = dog.Process.Release()
	_ = server.Process.Release()
	if err := os.WriteFile(filepath.Join(dir, "url"), []byte(u.String()), 0o644); err != nil {
		return "", err
	}
	return u.String(), os.Symlink(dir, filepath.Join(base, "current"))
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
}
