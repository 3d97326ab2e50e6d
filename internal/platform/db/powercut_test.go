package db_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

const (
	createPowerSQL  = `CREATE TABLE power (id BIGINT NOT NULL UNIQUE, data BYTEA NOT NULL)`
	insertPowerSQL  = `INSERT INTO power (id, data) VALUES ($1, $2)`
	lastPowerSQL    = `SELECT COALESCE(MAX(id), 0), COUNT(*) FROM power`
	integritySQLite = `PRAGMA integrity_check`
)

// powerWriters is the program whose system calls are recorded: several writers
// in groups, each acknowledging on the standard output what is durable.
func powerWriters(path string) error {
	d, err := db.Open(context.Background(), db.Config{URL: path})
	if err != nil {
		return err
	}
	if err := d.Write(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec(createPowerSQL)
		return err
	}); err != nil {
		return err
	}
	var mu sync.Mutex
	var most int64
	var all sync.WaitGroup
	errs := make(chan error, 8)
	for w := range 8 {
		all.Go(func() {
			for n := range 25 {
				data := bytes.Repeat([]byte{byte(w)}, 100+n*200)
				var mine int64
				err := d.Write(context.Background(), func(tx *db.Tx) error {
					var rows int64
					if _, err := tx.Row(lastPowerSQL, []any{&mine, &rows}); err != nil {
						return err
					}
					mine++
					_, err := tx.Exec(insertPowerSQL, mine, data)
					return err
				})
				if err != nil {
					errs <- err
					return
				}
				mu.Lock()
				if mine > most {
					most = mine
					_, _ = fmt.Fprintf(os.Stdout, "ACK %d\n", mine)
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	select {
	case err := <-errs:
		return err
	default:
		os.Exit(0) // the database is not closed: the power goes
		return nil
	}
}

const powerEnv = "GUILDHALL_TEST_POWER_PATH"

// TestAPowerCutLosesNothingAcknowledged records every write and sync of a
// program that posts in groups, and tries the states in which a power cut
// after any of them can leave the disk: what was synced is there, what was
// written since is there in part, wholly, torn, or not at all. Each state is
// opened: it must be sound, without gaps, and hold all that was acknowledged.
func TestAPowerCutLosesNothingAcknowledged(t *testing.T) {
	if path := os.Getenv(powerEnv); path != "" {
		if err := powerWriters(path); err != nil {
			t.Fatal(err)
		}
		return
	}
	if testing.Short() {
		t.Skip("records system calls: not with -short")
	}
	dir := t.TempDir()
	path, trace := filepath.Join(dir, "power.db"), filepath.Join(dir, "trace")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := dbtest.Strace(t, trace, self, "-test.run", "^TestAPowerCutLosesNothingAcknowledged$")
	cmd.Env = append(os.Environ(), powerEnv+"="+path)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("strace: %v\n%s", err, out)
	}
	record := dbtest.ReadTrace(t, trace, filepath.Base(path), func(fd string, data []byte) []string {
		if n, ok := strings.CutPrefix(string(data), "ACK "); ok && fd == "1" {
			return []string{strings.TrimSpace(n)}
		}
		return nil
	})
	var last int64
	states := record.States(t, nil, 7, func(dir string, acked []string, when string) {
		if len(acked) > 0 {
			if last, err = strconv.ParseInt(acked[len(acked)-1], 10, 64); err != nil {
				t.Fatal(err)
			}
		}
		checkPower(t, filepath.Join(dir, filepath.Base(path)), last, when)
	})
	if last != 200 || record.Syncs < 10 || states < 250 {
		t.Errorf("only %d acknowledged, %d syncs, %d states: the record is not whole", last, record.Syncs, states)
	}
	t.Logf("%d syncs, %d states of the disk", record.Syncs, states)
}

// checkPower opens one state of the disk.
func checkPower(t *testing.T, path string, acknowledged int64, when string) {
	t.Helper()
	d, err := db.Open(t.Context(), db.Config{URL: path})
	if err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	defer func() { _ = d.Close() }()
	err = d.Read(t.Context(), func(tx *db.Tx) error {
		var sound string
		if _, err := tx.Row(integritySQLite, []any{&sound}); err != nil {
			return err
		}
		if sound != "ok" {
			t.Errorf("%s: %s", when, sound)
		}
		var last, rows int64
		if _, err := tx.Row(lastPowerSQL, []any{&last, &rows}); err != nil {
			if acknowledged == 0 && strings.Contains(err.Error(), "no such table") {
				return nil
			}
			return err
		}
		if last != rows {
			t.Errorf("%s: %d rows, the last is %d", when, rows, last)
		}
		if last < acknowledged {
			t.Errorf("%s: %d acknowledged, %d there", when, acknowledged, last)
		}
		return nil
	})
	if err != nil {
		t.Errorf("%s: %v", when, err)
	}
}
