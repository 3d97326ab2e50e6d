package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
)

// chunkSize keeps a transaction short and a reader's memory small.
const chunkSize = 256 << 10

// rows keeps files in the database.
type rows struct {
	db     *db.DB
	folder string
	clock  clock.Clock
}

func (s *rows) Put(ctx context.Context, r io.Reader, limit int64) (Info, error) {
	f, n, size, err := spool(ctx, s.folder, r, limit)
	if err != nil {
		return Info{}, err
	}
	defer discard(f)
	info := Info{Name: n, Size: size, Stored: s.clock.Now()}
	var have int64
	if err := s.db.Write(ctx, func(tx *db.Tx) error {
		have, err = tx.Exec(touchBlobSQL, db.At(info.Stored), string(n))
		return err
	}); err != nil {
		return Info{}, err
	}
	if have > 0 {
		return info, nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return Info{}, diskFault("read upload", err)
	}
	// The same chunk of the same name holds the same bytes, so two uploads of
	// one file do not disturb each other.
	b := make([]byte, chunkSize)
	for k := int64(0); ; k++ {
		got, err := io.ReadFull(f, b)
		if err == io.EOF {
			break
		}
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			return Info{}, diskFault("read upload", err)
		}
		if err := s.db.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(putChunkSQL, string(n), k, b[:got], db.At(info.Stored))
			return err
		}); err != nil {
			return Info{}, err
		}
	}
	// A sweep may have taken chunks that an earlier attempt left; then this one
	// is repeated as a whole by the caller's next try.
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		var chunks int64
		if _, err := tx.Row(countChunksSQL, []any{&chunks}, string(n)); err != nil {
			return err
		}
		if chunks != (size+chunkSize-1)/chunkSize {
			return fault.New(fault.Conflict, "fault.conflict")
		}
		_, err := tx.Exec(putBlobSQL, string(n), size, db.At(info.Stored))
		return err
	})
	return info, err
}

// rowFile reads chunk by chunk.
type rowFile struct {
	ctx  context.Context
	s    *rows
	info Info
	pos  int64
	n    int64 // of the chunk in b
	b    []byte
}

func (s *rows) Open(ctx context.Context, n Name) (File, error) {
	if !n.Valid() {
		return nil, fault.Missing()
	}
	var size int64
	var stored db.Time
	var found bool
	if err := s.db.Read(ctx, func(tx *db.Tx) error {
		var err error
		found, err = tx.Row(blobSQL, []any{&size, &stored}, string(n))
		return err
	}); err != nil {
		return nil, err
	}
	if !found {
		return nil, fault.Missing()
	}
	return &rowFile{ctx: ctx, s: s, info: Info{Name: n, Size: size, Stored: stored.Time()}, n: -1}, nil
}

func (f *rowFile) Info() Info { return f.info }

func (f *rowFile) Close() error {
	f.b, f.n = nil, -1
	return nil
}

func (f *rowFile) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += f.pos
	case io.SeekEnd:
		offset += f.info.Size
	}
	if offset < 0 {
		return 0, errors.New("blob: seek before the beginning")
	}
	f.pos = offset
	return offset, nil
}

func (f *rowFile) Read(p []byte) (int, error) {
	if f.pos >= f.info.Size {
		return 0, io.EOF
	}
	k := f.pos / chunkSize
	if k != f.n {
		var data []byte
		var found bool
		if err := f.s.db.Read(f.ctx, func(tx *db.Tx) error {
			var err error
			found, err = tx.Row(chunkSQL, []any{&data}, string(f.info.Name), k)
			return err
		}); err != nil {
			return 0, err
		}
		if !found {
			return 0, fmt.Errorf("chunk %d of file %s is missing: %w", k, f.info.Name, fault.New(fault.Unavailable, "fault.file.broken"))
		}
		f.n, f.b = k, data
	}
	at := f.pos - k*chunkSize
	if at >= int64(len(f.b)) {
		return 0, fmt.Errorf("chunk %d of file %s is short: %w", k, f.info.Name, fault.New(fault.Unavailable, "fault.file.broken"))
	}
	n := copy(p, f.b[at:])
	f.pos += int64(n)
	return n, nil
}

func (s *rows) List(ctx context.Context, after Name, limit int) ([]Info, error) {
	var out []Info
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		var err error
		out, err = db.All(tx, listBlobsSQL, scanInfo, string(after), limit)
		return err
	})
	return out, err
}

func (s *rows) Remove(ctx context.Context, n Name, before time.Time) (bool, error) {
	var removed int64
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		var err error
		if removed, err = tx.Exec(removeBlobSQL, string(n), db.At(before)); err != nil || removed == 0 {
			return err
		}
		_, err = tx.Exec(removeChunksSQL, string(n))
		return err
	})
	return removed > 0, err
}

func (s *rows) Tidy(ctx context.Context, before time.Time) error {
	if err := tidy(s.folder, before); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(tidyChunksSQL, db.At(before))
		return err
	})
}
