// Package backup saves a Guildhall as one file and restores it. The file is the
// same for both databases: a zip file with a header, one section of typed rows
// for each table, one for each uploaded file, and a manifest at the end that
// holds the number of rows and a SHA-256 of every section. It is written beside
// a running server from one snapshot.
//
// A backup holds everything, also passwords' hashes and what only some may
// see: it is to be guarded like the database itself.
package backup

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/platform/blob"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
)

// Version is the version of the file's form.
const Version = 1

const (
	format       = "guildhall backup"
	headerName   = "header.json"
	manifestName = "manifest.json"
	page         = 1000
	maxFile      = 1 << 40
)

// header is the first section.
type header struct {
	Format     string    `json:"format"`
	Version    int       `json:"version"`
	Made       time.Time `json:"made_at"`
	Database   string    `json:"database"`   // it was made from
	Migrations []string  `json:"migrations"` // that had been applied
	Tables     []table   `json:"tables"`     // in the order of their sections
}

// section is a line of the manifest.
type section struct {
	Name   string `json:"name"`
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"` // before compression
	SHA256 string `json:"sha256"`
}

type manifest struct {
	Format   string    `json:"format"`
	Sections []section `json:"sections"`
}

// Contents says what a backup holds.
type Contents struct {
	Made   time.Time
	Tables int
	Rows   int64
	Files  int
	Bytes  int64 // before compression
}

// Writer writes backups.
type Writer struct {
	DB    *db.DB
	Files blob.Store
	Clock clock.Clock
	// Progress is told the section and how many rows of it are written.
	Progress func(name string, rows int64)

	zip      *zip.Writer
	manifest manifest
}

// Write writes a backup to a new file. The file has its name only when it is
// whole and on the disk; an interrupted backup leaves nothing.
func (w *Writer) Write(ctx context.Context, name string) (c Contents, err error) {
	if _, err := os.Lstat(name); err == nil {
		return c, fmt.Errorf("%s is there already; name a new file", name)
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".guildhall-backup-") // its owner's alone
	if err != nil {
		return c, err
	}
	defer func() {
		f.Close()
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	buf := bufio.NewWriterSize(f, 1<<20)
	w.zip = zip.NewWriter(buf)
	w.zip.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, 4) })
	w.manifest = manifest{Format: format}
	var files []blob.Name
	if c, files, err = w.tables(ctx); err != nil {
		return c, err
	}
	for _, n := range files {
		if err := w.file(ctx, n); err != nil {
			return c, fmt.Errorf("save file %s: %w", n, err)
		}
	}
	for _, s := range w.manifest.Sections {
		c.Bytes += s.Bytes
	}
	c.Files = len(files)
	out, err := w.zip.Create(manifestName)
	if err != nil {
		return c, err
	}
	if err := json.NewEncoder(out).Encode(w.manifest); err != nil {
		return c, err
	}
	// Once writing failed, both say the same.
	if err := w.zip.Close(); err != nil {
		return c, err
	}
	if err := buf.Flush(); err != nil {
		return c, err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return c, err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return c, err
	}
	return c, syncFolder(filepath.Dir(name))
}

func syncFolder(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// tables writes the header and all tables from one snapshot and returns the
// files there are. Files are never changed, and only removed long after nothing
// refers to them, so they need no snapshot.
func (w *Writer) tables(ctx context.Context) (c Contents, files []blob.Name, err error) {
	err = w.DB.Read(ctx, func(tx *db.Tx) error {
		applied, err := db.All(tx, appliedSQL, func(r *db.Rows, s *string) error { return r.Scan(s) })
		if err != nil {
			return err
		}
		all, err := schema(tx)
		if err != nil {
			return err
		}
		c.Made, c.Tables = w.Clock.Now().UTC(), len(all)
		if err := w.section(headerName, func(out io.Writer) (int64, error) {
			return 0, json.NewEncoder(out).Encode(header{format, Version, c.Made, w.DB.Dialect().String(), applied, all})
		}); err != nil {
			return err
		}
		for _, t := range all {
			if err := w.section("tables/"+t.Name+".jsonl", func(out io.Writer) (int64, error) {
				n, err := w.rows(tx, t, out)
				c.Rows += n
				return n, err
			}); err != nil {
				return fmt.Errorf("save table %s: %w", t.Name, err)
			}
		}
		return nil
	})
	if err != nil {
		return c, nil, err
	}
	for after := blob.Name(""); ; {
		list, err := w.Files.List(ctx, after, page)
		if err != nil || len(list) == 0 {
			return c, files, err
		}
		for _, f := range list {
			files = append(files, f.Name)
			after = f.Name
		}
	}
}

type counted struct {
	out  io.Writer
	hash hash.Hash
	n    int64
}

func (c *counted) Write(b []byte) (int, error) {
	c.hash.Write(b)
	c.n += int64(len(b))
	return c.out.Write(b)
}

func (w *Writer) section(name string, write func(io.Writer) (int64, error)) error {
	out, err := w.zip.Create(name)
	if err != nil {
		return err
	}
	c := &counted{out: out, hash: sha256.New()}
	buf := bufio.NewWriterSize(c, 64<<10)
	rows, err := write(buf)
	if err != nil {
		return err
	}
	if err := buf.Flush(); err != nil {
		return err
	}
	w.manifest.Sections = append(w.manifest.Sections, section{name, rows, c.n, hex.EncodeToString(c.hash.Sum(nil))})
	return nil
}

func (w *Writer) tell(name string, rows int64) {
	if w.Progress != nil {
		w.Progress(name, rows)
	}
}

func (w *Writer) rows(tx *db.Tx, t table, out io.Writer) (int64, error) {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	var places []int // of the key among the columns
	for _, k := range t.keyOf() {
		for i, c := range t.Columns {
			if c.Name == k.Name {
				places = append(places, i)
			}
		}
	}
	// A table without a key is small: it is one page.
	limit := int64(page)
	if len(places) == 0 {
		limit = 1 << 40
	}
	n := int64(0)
	var last []any
	for {
		if err := tx.Context().Err(); err != nil {
			return n, err
		}
		got := int64(0)
		list, err := tx.Query(t.pageText(last != nil), append(last, limit)...)
		if err != nil {
			return n, err
		}
		dest, values := cells(t)
		for list.Next() {
			if err := list.Scan(dest...); err != nil {
				list.Close()
				return n, err
			}
			row := values()
			if err := e.Encode(row); err != nil {
				list.Close()
				return n, err
			}
			got++
			if got == limit {
				last = last[:0]
				for _, p := range places {
					last = append(last, row[p])
				}
			}
		}
		list.Close()
		if err := list.Err(); err != nil {
			return n, err
		}
		n += got
		w.tell("table "+t.Name, n)
		if got < limit {
			return n, nil
		}
	}
}

// cells makes places for the values of a row, and what turns them into what is
// written.
func cells(t table) (dest []any, values func() []any) {
	for _, c := range t.Columns {
		switch c.Type {
		case "int":
			dest = append(dest, new(*int64))
		case "bool":
			dest = append(dest, new(*bool))
		case "float":
			dest = append(dest, new(*float64))
		case "bytes":
			dest = append(dest, new([]byte))
		case "time":
			dest = append(dest, new(db.Time))
		default:
			dest = append(dest, new(*string))
		}
	}
	return dest, func() []any {
		row := make([]any, len(dest))
		for i, d := range dest {
			switch d := d.(type) {
			case **int64:
				if *d != nil {
					row[i] = **d
				}
			case **bool:
				if *d != nil {
					row[i] = **d
				}
			case **float64:
				if *d != nil {
					row[i] = **d
				}
			case **string:
				if *d != nil {
					row[i] = **d
				}
			case *[]byte:
				if *d != nil {
					row[i] = *d
				}
			case *db.Time:
				if !d.IsZero() {
					row[i] = *d
				}
			}
		}
		return row
	}
}

// value reads what was written back into an argument.
func value(c column, raw json.RawMessage) (any, error) {
	if bytes.Equal(raw, []byte("null")) {
		return nil, nil
	}
	var err error
	switch c.Type {
	case "int":
		var v int64
		err = json.Unmarshal(raw, &v)
		return v, err
	case "bool":
		var v bool
		err = json.Unmarshal(raw, &v)
		return v, err
	case "float":
		var v float64
		err = json.Unmarshal(raw, &v)
		return v, err
	case "time":
		var v db.Time
		err = json.Unmarshal(raw, &v)
		return v, err
	case "bytes":
		var s string
		if err = json.Unmarshal(raw, &s); err != nil {
			return nil, err
		}
		return base64.StdEncoding.DecodeString(s)
	case "text":
		var v string
		err = json.Unmarshal(raw, &v)
		return v, err
	}
	return nil, fmt.Errorf("a column of the type %q", c.Type)
}

func (w *Writer) file(ctx context.Context, n blob.Name) error {
	f, err := w.Files.Open(ctx, n)
	if fault.Is(err, fault.NotFound) {
		return nil // nobody referred to it any more
	}
	if err != nil {
		return err
	}
	defer f.Close()
	w.tell("files", int64(len(w.manifest.Sections)))
	return w.section("files/"+string(n), func(out io.Writer) (int64, error) {
		_, err := io.Copy(out, f)
		return 0, err
	})
}

// Damaged is a backup that is not what it was when it was written.
type Damaged struct {
	Section string
	Why     string
}

func (d *Damaged) Error() string {
	return fmt.Sprintf("the backup is damaged in %s: %s", d.Section, d.Why)
}

// Reader reads a backup file.
type Reader struct {
	// Progress is told the section and how many rows of it are read.
	Progress func(name string, rows int64)

	file     *zip.ReadCloser
	entries  map[string]*zip.File
	manifest manifest
	header   header
}

// Open opens a backup and reads what it says it holds.
//
// Errors: Damaged when its end or its header is.
func Open(name string) (*Reader, error) {
	f, err := zip.OpenReader(name)
	if errors.Is(err, zip.ErrFormat) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, &Damaged{"its end", "it is cut off, or no backup at all"}
	}
	if err != nil {
		return nil, err
	}
	r := &Reader{file: f, entries: map[string]*zip.File{}}
	if err := r.begin(); err != nil {
		f.Close()
		return nil, err
	}
	return r, nil
}

// Close closes the file.
func (r *Reader) Close() error { return r.file.Close() }

func (r *Reader) begin() error {
	for _, e := range r.file.File {
		r.entries[e.Name] = e
	}
	if err := r.decode(manifestName, &r.manifest); err != nil {
		return err
	}
	if err := r.decode(headerName, &r.header); err != nil {
		return err
	}
	if r.manifest.Format != format || r.header.Format != format {
		return &Damaged{headerName, "this is no backup of a Guildhall"}
	}
	if r.header.Version > Version {
		return fmt.Errorf("the backup has form %d, this program reads up to %d: use a newer program", r.header.Version, Version)
	}
	return nil
}

func (r *Reader) decode(name string, into any) error {
	e := r.entries[name]
	if e == nil {
		return &Damaged{name, "it is missing"}
	}
	f, err := e.Open()
	if err == nil {
		var b []byte
		if b, err = io.ReadAll(io.LimitReader(f, 256<<20)); err == nil {
			err = json.Unmarshal(b, into)
		}
		f.Close()
	}
	if err != nil {
		return &Damaged{name, err.Error()}
	}
	return nil
}

// Verify reads the whole backup and compares every section with the manifest.
//
// Errors: Damaged, naming the first section that is.
func (r *Reader) Verify(ctx context.Context) (Contents, error) {
	c := Contents{Made: r.header.Made, Tables: len(r.header.Tables)}
	known := map[string]bool{manifestName: true}
	for _, s := range r.manifest.Sections {
		known[s.Name] = true
		if err := r.verify(ctx, s); err != nil {
			return c, err
		}
		c.Rows += s.Rows
		c.Bytes += s.Bytes
		if strings.HasPrefix(s.Name, "files/") {
			c.Files++
		}
	}
	for name := range r.entries {
		if !known[name] {
			return c, &Damaged{name, "it is not in the manifest"}
		}
	}
	for _, t := range r.header.Tables {
		if !known["tables/"+t.Name+".jsonl"] {
			return c, &Damaged{"tables/" + t.Name + ".jsonl", "it is missing"}
		}
	}
	return c, nil
}

func (r *Reader) verify(ctx context.Context, s section) error {
	e := r.entries[s.Name]
	if e == nil {
		return &Damaged{s.Name, "it is missing"}
	}
	f, err := e.Open()
	if err != nil {
		return &Damaged{s.Name, err.Error()}
	}
	defer f.Close()
	h := sha256.New()
	var n, rows int64
	b := make([]byte, 256<<10)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		k, err := f.Read(b)
		h.Write(b[:k])
		n += int64(k)
		rows += int64(bytes.Count(b[:k], []byte{'\n'}))
		if err == io.EOF {
			break
		}
		if err != nil {
			return &Damaged{s.Name, err.Error()}
		}
	}
	sum := hex.EncodeToString(h.Sum(nil))
	switch {
	case n != s.Bytes:
		return &Damaged{s.Name, fmt.Sprintf("it has %d bytes, not %d", n, s.Bytes)}
	case sum != s.SHA256:
		return &Damaged{s.Name, "its checksum is another"}
	case strings.HasPrefix(s.Name, "tables/") && rows != s.Rows:
		return &Damaged{s.Name, fmt.Sprintf("it has %d rows, not %d", rows, s.Rows)}
	case strings.HasPrefix(s.Name, "files/") && strings.TrimPrefix(s.Name, "files/") != sum:
		return &Damaged{s.Name, "the file is not the one its name says"}
	}
	if r.Progress != nil {
		r.Progress("checking "+s.Name, rows)
	}
	return nil
}

// Migrations are the names of the migrations that had been applied where the
// backup was made.
func (r *Reader) Migrations() []string { return r.header.Migrations }

// Rows returns how many rows of a table the backup holds.
func (r *Reader) Rows(table string) int64 {
	for _, s := range r.manifest.Sections {
		if s.Name == "tables/"+table+".jsonl" {
			return s.Rows
		}
	}
	return 0
}

// errNotEmpty says that a restore would mix two organisations.
var errNotEmpty = errors.New("the database holds something already; a restore needs an empty one")

// Empty returns an error unless the database has no tables at all.
func Empty(ctx context.Context, d *db.DB) error {
	return d.Read(ctx, func(tx *db.Tx) error {
		list := tablesSQLiteSQL
		if tx.Dialect() == db.Postgres {
			list = tablesPostgresSQL
		}
		names, err := db.All(tx, list, func(r *db.Rows, s *string) error { return r.Scan(s) })
		if err == nil && len(names) > 0 {
			err = errNotEmpty
		}
		return err
	})
}

// Restore writes everything into a database that has exactly the backup's
// migrations and no rows yet, in one transaction, and compares the numbers of
// rows. Verify comes first; Restore believes the file.
func (r *Reader) Restore(ctx context.Context, d *db.DB, files blob.Store) error {
	if err := r.restoreFiles(ctx, files); err != nil {
		return err
	}
	return d.Write(ctx, func(tx *db.Tx) error {
		here, err := schema(tx)
		if err != nil {
			return err
		}
		if err := r.compare(here); err != nil {
			return err
		}
		for i := len(here) - 1; i >= 0; i-- { // what migrations wrote
			if _, err := tx.Exec(here[i].clearText()); err != nil {
				return err
			}
		}
		for _, t := range here {
			if err := r.fill(ctx, tx, t, later(here, t)); err != nil {
				return fmt.Errorf("restore table %s: %w", t.Name, err)
			}
		}
		for _, t := range here {
			if cols := later(here, t); len(cols) > 0 {
				if err := r.complete(ctx, tx, t, cols); err != nil {
					return fmt.Errorf("restore references of table %s: %w", t.Name, err)
				}
			}
		}
		for _, t := range here {
			var n int64
			if _, err := tx.Row(t.countText(), []any{&n}); err != nil {
				return err
			}
			if n != r.Rows(t.Name) {
				return fmt.Errorf("table %s has %d rows, not %d", t.Name, n, r.Rows(t.Name))
			}
		}
		return nil
	})
}

// compare refuses a backup whose tables are not those of the database.
func (r *Reader) compare(here []table) error {
	columns := map[string]string{}
	for _, t := range here {
		for _, c := range t.Columns {
			columns[t.Name+"."+c.Name] = c.Type
		}
	}
	n := 0
	for _, t := range r.header.Tables {
		for _, c := range t.Columns {
			n++
			if columns[t.Name+"."+c.Name] != c.Type {
				return fmt.Errorf("the backup has a column %s.%s (%s) that this database does not have", t.Name, c.Name, c.Type)
			}
		}
	}
	if n != len(columns) {
		return fmt.Errorf("the database has %d columns, the backup %d", len(columns), n)
	}
	return nil
}

// each reads the rows of a table in the order of the table's columns here.
func (r *Reader) each(ctx context.Context, t table, use func(row []any) error) error {
	var place []int
	for _, s := range r.header.Tables {
		if s.Name != t.Name {
			continue
		}
		for _, c := range t.Columns {
			for i, was := range s.Columns {
				if was.Name == c.Name {
					place = append(place, i)
				}
			}
		}
	}
	f, err := r.entries["tables/"+t.Name+".jsonl"].Open()
	if err != nil {
		return err
	}
	defer f.Close()
	in := json.NewDecoder(bufio.NewReaderSize(f, 256<<10))
	var raw []json.RawMessage
	for n := int64(0); ; n++ {
		raw = raw[:0]
		if err := in.Decode(&raw); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		row := make([]any, len(t.Columns))
		for i, p := range place {
			if p >= len(raw) {
				return fmt.Errorf("row %d has %d values", n+1, len(raw))
			}
			if row[i], err = value(t.Columns[i], raw[p]); err != nil {
				return fmt.Errorf("row %d, column %s: %w", n+1, t.Columns[i].Name, err)
			}
		}
		if n%1000 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			if r.Progress != nil {
				r.Progress("restoring "+t.Name, n)
			}
		}
		if err := use(row); err != nil {
			return err
		}
	}
}

func (r *Reader) fill(ctx context.Context, tx *db.Tx, t table, empty []column) error {
	rowsAt := max(1, min(50, 900/len(t.Columns)))
	whole := t.insertText(rowsAt)
	var args []any
	err := r.each(ctx, t, func(row []any) error {
		for i, c := range t.Columns {
			for _, e := range empty {
				if e.Name == c.Name {
					row[i] = nil
				}
			}
		}
		args = append(args, row...)
		if len(args) < rowsAt*len(t.Columns) {
			return nil
		}
		_, err := tx.Exec(whole, args...)
		args = args[:0]
		return err
	})
	if err != nil || len(args) == 0 {
		return err
	}
	_, err = tx.Exec(t.insertText(len(args)/len(t.Columns)), args...)
	return err
}

// complete sets the columns that refer to rows which were not there yet.
func (r *Reader) complete(ctx context.Context, tx *db.Tx, t table, cols []column) error {
	text := t.fillText(cols)
	key := t.keyOf()
	return r.each(ctx, t, func(row []any) error {
		var args []any
		set := false
		for _, c := range append(append([]column(nil), cols...), key...) {
			for i := range t.Columns {
				if t.Columns[i].Name == c.Name {
					args = append(args, row[i])
					set = set || len(args) <= len(cols) && row[i] != nil
				}
			}
		}
		if !set {
			return nil
		}
		_, err := tx.Exec(text, args...)
		return err
	})
}

func (r *Reader) restoreFiles(ctx context.Context, files blob.Store) error {
	for _, s := range r.manifest.Sections {
		name, ok := strings.CutPrefix(s.Name, "files/")
		if !ok {
			continue
		}
		f, err := r.entries[s.Name].Open()
		if err != nil {
			return err
		}
		info, err := files.Put(ctx, f, maxFile)
		f.Close()
		if err != nil {
			return fmt.Errorf("restore file %s: %w", name, err)
		}
		if string(info.Name) != name {
			return &Damaged{s.Name, "the file is not the one its name says"}
		}
		if r.Progress != nil {
			r.Progress("restoring files", info.Size)
		}
	}
	return nil
}

// Place says where in the file the compressed bytes of a section stand.
type Place struct {
	Name           string
	Offset, Length int64
}

// Places lists the sections of a backup in their order.
func Places(name string) ([]Place, error) {
	f, err := zip.OpenReader(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []Place
	for _, e := range f.File {
		at, err := e.DataOffset()
		if err != nil {
			return nil, err
		}
		out = append(out, Place{e.Name, at, int64(e.CompressedSize64)})
	}
	return out, nil
}
