package export

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Place is where an export is written: a folder, or a zip file when the name
// ends in .zip. It has its name only when it is whole.
type Place struct {
	name string
	part string // under this name while it is being written
	file *os.File
	zip  *zip.Writer
}

// NewPlace begins an export. What stands under the name already is not touched:
// it is an error.
func NewPlace(name string) (*Place, error) {
	p := &Place{name: filepath.Clean(name)}
	switch entries, err := os.ReadDir(p.name); {
	case err == nil && len(entries) > 0:
		return nil, fmt.Errorf("%s holds something already; name a new folder or file", p.name)
	case err == nil:
		if err := os.Remove(p.name); err != nil { // an empty folder
			return nil, err
		}
	case !errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("%s is there already; name a new folder or file", p.name)
	}
	parent := filepath.Dir(p.name)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return nil, err
	}
	var err error
	if strings.HasSuffix(strings.ToLower(p.name), ".zip") {
		if p.file, err = os.CreateTemp(parent, ".guildhall-export-"); err != nil {
			return nil, err
		}
		p.part, p.zip = p.file.Name(), zip.NewWriter(p.file)
		return p, nil
	}
	p.part, err = os.MkdirTemp(parent, ".guildhall-export-")
	return p, err
}

// Create begins a file and finishes the one before.
func (p *Place) Create(name string) (io.Writer, error) {
	if p.zip != nil {
		return p.zip.Create(name)
	}
	if err := p.finishFile(); err != nil {
		return nil, err
	}
	path := filepath.Join(p.part, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	var err error
	p.file, err = os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	return p.file, err
}

func (p *Place) finishFile() error {
	if p.file == nil {
		return nil
	}
	err := errors.Join(p.file.Sync(), p.file.Close())
	p.file = nil
	return err
}

// Keep gives the export its name.
func (p *Place) Keep() error {
	if p.zip != nil {
		if err := p.zip.Close(); err != nil {
			return err
		}
	}
	if err := p.finishFile(); err != nil {
		return err
	}
	if err := os.Rename(p.part, p.name); err != nil {
		return err
	}
	p.part = ""
	return nil
}

// Discard removes what was written, unless it was kept.
func (p *Place) Discard() {
	if p.file != nil {
		p.file.Close()
	}
	if p.part != "" {
		os.RemoveAll(p.part)
	}
}
