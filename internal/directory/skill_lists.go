package directory

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/audit"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/blob"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/job"
)

// SkillLists brings lists of skills that admins upload: as a job, since a long
// list takes its time, first as a preview.
type SkillLists struct {
	DB     *db.DB
	Skills *skills.Service
	Files  blob.Store
}

// skillsJob is the kind of the job.
const skillsJob = "skills.import"

// maxSkillFile is how large an uploaded list may be, in bytes; the command line
// takes larger ones.
const maxSkillFile = 12 << 20

type skillsArgs struct {
	File    blob.Name `json:"file"`
	Name    string    `json:"name"`
	Preview bool      `json:"preview"`
	By      id.ID     `json:"by"` // the admin
}

// SkillsRun is how an import stands. Its result is kept in what the job tells
// of its progress.
type SkillsRun struct {
	skillsArgs
	SkillsImported
	State job.State
	Done  int64
	Of    int64
	// Wrong says why the file could not be used at all.
	Wrong *fault.Fault
}

// told is what a job tells of itself.
type told struct {
	Args  skillsArgs     `json:"args"`
	Out   SkillsImported `json:"out"`
	Wrong string         `json:"wrong,omitempty"`
	With  map[string]any `json:"with,omitempty"`
}

// Work registers the job.
func (l *SkillLists) Work(w *job.Workers) { job.Handle(w, skillsJob, l.run) }

// Preview keeps a file and begins to look what it would bring. It returns by
// what Run finds it.
func (l *SkillLists) Preview(ctx context.Context, by access.Actor, name string, file io.Reader) (id.ID, error) {
	if err := by.NeedAdmin(); err != nil {
		return 0, err
	}
	read := bufio.NewReader(file)
	if _, err := read.Peek(1); err == io.EOF {
		var c fault.Check
		c.Bad("file", "fault.picture_none")
		return 0, c.Err()
	}
	info, err := l.Files.Put(ctx, read, maxSkillFile)
	if err != nil {
		return 0, asField(err)
	}
	if r := []rune(name); len(r) > 100 {
		name = string(r[len(r)-100:])
	}
	if name == "" {
		name = "skills.csv"
	}
	return l.begin(ctx, skillsArgs{File: info.Name, Name: name, Preview: true, By: by.Person})
}

// Bring begins to bring what a preview showed.
func (l *SkillLists) Bring(ctx context.Context, by access.Actor, preview id.ID) (id.ID, error) {
	r, err := l.Run(ctx, by, preview)
	if err != nil {
		return 0, err
	}
	if r.State != job.Done || !r.Preview || r.Wrong != nil {
		return 0, fault.New(fault.Conflict, "fault.skills_preview")
	}
	a := r.skillsArgs
	a.Preview, a.By = false, by.Person
	return l.begin(ctx, a)
}

func (l *SkillLists) begin(ctx context.Context, a skillsArgs) (n id.ID, err error) {
	err = l.DB.Write(ctx, func(tx *db.Tx) error {
		n, err = job.EnqueueID(tx, job.Job{Kind: skillsJob, Args: a, Priority: job.High})
		return err
	})
	return n, err
}

// Run returns how an import stands. A week after it ended it is gone.
func (l *SkillLists) Run(ctx context.Context, by access.Actor, n id.ID) (r SkillsRun, err error) {
	if err := by.NeedAdmin(); err != nil {
		return r, err
	}
	err = l.DB.Read(ctx, func(tx *db.Tx) error {
		r = SkillsRun{}
		info, ok, err := job.Find(tx, n)
		if err != nil {
			return err
		}
		if !ok || info.Kind != skillsJob {
			return fault.Missing()
		}
		r.State, r.Done, r.Of = info.State, info.Progress.Done, info.Progress.Total
		if info.Progress.Text == "" {
			return nil
		}
		var t told
		if err := json.Unmarshal([]byte(info.Progress.Text), &t); err != nil {
			return err
		}
		r.skillsArgs, r.SkillsImported = t.Args, t.Out
		if t.Wrong != "" {
			r.Wrong = &fault.Fault{Kind: fault.Invalid, Key: t.Wrong, Args: t.With}
		}
		return nil
	})
	return r, err
}

// run carries the import out. Run again after an interruption it changes
// nothing that is done already.
func (l *SkillLists) run(ctx context.Context, r *job.Run, a skillsArgs) error {
	t := told{Args: a}
	tell := func(done, of int) error {
		text, err := json.Marshal(t)
		if err != nil {
			return err
		}
		return r.Progress(ctx, job.Progress{Done: int64(done), Total: int64(of), Text: string(text)})
	}
	if err := tell(0, 1); err != nil {
		return err
	}
	f, err := l.Files.Open(ctx, a.File)
	if err != nil {
		return err
	}
	data, err := io.ReadAll(f)
	_ = f.Close() // it was only read
	if err != nil {
		return err
	}
	last := 0
	i := SkillsImport{Service: l.Skills, Preview: a.Preview, Progress: func(done, of int) {
		last = of
		if done < of && err == nil {
			err = tell(done, of)
		}
	}}
	out, wrong := i.Run(ctx, bytes.NewReader(data), int64(len(data)), a.Name)
	if err != nil {
		return err
	}
	if x := fault.Of(wrong); x != nil && x.Kind == fault.Invalid {
		t.Wrong, t.With = x.Key, x.Args
		if len(x.Fields) > 0 {
			t.Wrong, t.With = x.Fields[0].Key, x.Fields[0].Args
		}
	} else if wrong != nil {
		return wrong
	}
	if len(out.Problems) > maxProblems {
		out.Problems = out.Problems[:maxProblems]
	}
	t.Out = out
	if !a.Preview && t.Wrong == "" {
		if err := l.DB.Write(ctx, func(tx *db.Tx) error {
			return audit.Record(tx, audit.Act{Actor: a.By, Action: "skills.imported", Detail: a.Name})
		}); err != nil {
			return err
		}
	}
	return tell(max(last, 1), max(last, 1))
}
