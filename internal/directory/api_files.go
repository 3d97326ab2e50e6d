package directory

import (
	"context"
	"io"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/api"
	"github.com/guildhall/guildhall/internal/platform/blob"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/job"
	"github.com/guildhall/guildhall/internal/platform/picture"
	"github.com/guildhall/guildhall/internal/platform/web"
)

// maxForm is how large a file may be that is looked at whole: what the page's
// form takes.
const maxForm = 12 << 20

type portraitInput struct {
	File *api.Sent
}

type skillListInput struct {
	Name string `query:"name" maxLength:"200" default:"skills.csv" doc:"Of the file, for what is said of it; its ending helps to tell what it is"`
	File *api.Sent
}

type peopleFileInput struct {
	Name          string `query:"name" maxLength:"100" default:"export.csv" doc:"Of the file, for what is said of it"`
	Mapping       string `query:"mapping" maxLength:"4000" doc:"Which column is what, one a line: Pers.-Nr. = number"`
	Dates         string `query:"dates" enum:"auto,dmy,mdy" default:"auto" doc:"The order of day and month"`
	CarryOut      bool   `query:"carry_out" doc:"Otherwise it is only said what would happen"`
	AcceptLeavers bool   `query:"accept_leavers" doc:"Carry it out though many leave"`
	File          *api.Sent
}

// SkillListJSON is how an import of a list of skills stands.
type SkillListJSON struct {
	ID          string   `json:"id"`
	Name        string   `json:"name" doc:"Of the file"`
	Preview     bool     `json:"preview" doc:"It is only looked at"`
	State       string   `json:"state" enum:"waiting,running,done,failed"`
	Done        int64    `json:"done" doc:"How far it is ..."`
	Of          int64    `json:"of" doc:"... of how much"`
	Wrong       string   `json:"wrong,omitempty" doc:"Why the file cannot be used at all"`
	Format      string   `json:"format,omitempty"`
	Attribution string   `json:"attribution,omitempty" doc:"What the licence of the list asks to be said"`
	New         int      `json:"new"`
	Changed     int      `json:"changed" doc:"Known ones that get further names or a description"`
	Same        int      `json:"same"`
	LeftOut     int      `json:"left_out" doc:"Groups and occupations, which are no skills, and what is obsolete"`
	Problems    []string `json:"problems" doc:"What cannot be used, with file and line; at most 100"`
}

// SkillListBegunJSON is an import of a list of skills that began.
type SkillListBegunJSON struct {
	ID  string `json:"id"`
	URL string `json:"url" doc:"Path of its page"`
}

// addPortraits adds the operations on pictures of people. They are missing
// where files have no place.
func addPortraits(a *api.API[access.Actor], s *Service, portraits *Portraits) {
	const tag = "People and skills"
	api.Add(a, api.Operation{
		Method: "PUT", Path: "/api/v1/me/picture", ID: "set-my-picture", Summary: "Show a picture in place of your mark", Tag: tag, Status: 204, Most: maxForm,
		Doc: "The body is the file itself: JPEG, PNG, GIF or WebP. It is made square and small, without what the camera wrote into it.",
	},
		func(ctx context.Context, by access.Actor, in *portraitInput) (*api.None, error) {
			if portraits == nil {
				return nil, fault.Missing()
			}
			data, err := io.ReadAll(in.File)
			if err != nil {
				return nil, err
			}
			return &api.None{}, s.setPicture(ctx, by, portraits, data)
		})
	api.Add(a, api.Operation{Method: "DELETE", Path: "/api/v1/me/picture", ID: "remove-my-picture", Summary: "Show your mark again", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, _ *struct{}) (*api.None, error) {
			return &api.None{}, s.People.SetPicture(ctx, by, "")
		})
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/people/{id}/picture", ID: "get-picture", Summary: "The picture of a person, as it is", Tag: tag},
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.File, error) {
			n, err := id.Parse(in.ID)
			if err != nil || portraits == nil {
				return nil, api.NotFound()
			}
			p, err := s.People.Open(ctx, by, n)
			if err != nil {
				return nil, err
			}
			if p.Picture == "" {
				return nil, fault.Missing()
			}
			f, kind, err := portraits.open(ctx, blob.Name(p.Picture))
			if err != nil {
				return nil, err
			}
			return &api.File{MediaType: kind, Tag: p.Picture, Content: f}, nil
		})
}

// open opens a picture and tells its media type.
func (p *Portraits) open(ctx context.Context, name blob.Name) (blob.File, string, error) {
	f, err := p.Files.Open(ctx, name)
	if err != nil {
		return nil, "", err
	}
	head := make([]byte, 16)
	n, err := io.ReadFull(f, head)
	if err == nil || err == io.ErrUnexpectedEOF {
		_, err = f.Seek(0, io.SeekStart)
	}
	kind, ok := picture.Sniff(head[:n])
	if err == nil && !ok {
		err = fault.Missing()
	}
	if err != nil {
		_ = f.Close() // it was only read
		return nil, "", err
	}
	return f, kind, nil
}

// setPicture shows a picture in place of the actor's mark.
func (s *Service) setPicture(ctx context.Context, by access.Actor, portraits *Portraits, data []byte) error {
	if len(data) == 0 {
		var c fault.Check
		c.Bad("file", "fault.picture_none")
		return c.Err()
	}
	hash, err := portraits.Keep(ctx, data)
	if err != nil {
		return err
	}
	return s.People.SetPicture(ctx, by, hash)
}

// addSkillLists adds the operations on lists of skills that admins bring.
func addSkillLists(a *api.API[access.Actor], lists *SkillLists, say func(by access.Actor, key string, args map[string]any) string) {
	const tag = "Administration"
	begun := func(n id.ID, err error) (*api.Body[SkillListBegunJSON], error) {
		return api.OK(SkillListBegunJSON{n.String(), "/admin/skills?run=" + n.String()}), err
	}
	api.Add(a, api.Operation{
		Method: "POST", Path: "/api/v1/admin/skill-lists", ID: "preview-skills", Summary: "Look what a list of skills would bring", Tag: tag, Status: 201, Most: maxSkillFile,
		Doc: "The body is the file itself: O*NET, ESCO or a CSV of your own, at most 12 MB. It is looked at in the background.",
	},
		func(ctx context.Context, by access.Actor, in *skillListInput) (*api.Body[SkillListBegunJSON], error) {
			if err := by.NeedAdmin(); err != nil {
				return nil, err
			}
			if lists == nil {
				return nil, fault.Missing()
			}
			return begun(lists.Preview(ctx, by, web.FileName(in.Name), in.File))
		})
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/admin/skill-lists/{id}", ID: "open-skill-list", Summary: "How the import of a list of skills stands", Tag: tag},
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.Body[SkillListJSON], error) {
			n, err := id.Parse(in.ID)
			if err != nil || lists == nil {
				return nil, api.NotFound()
			}
			r, err := lists.Run(ctx, by, n)
			if err != nil {
				return nil, err
			}
			out := skillListJSON(n, r)
			switch {
			case r.State == job.Dead:
				out.Wrong = say(by, "lists.broken", nil)
			case r.Wrong != nil:
				out.Wrong = say(by, r.Wrong.Key, r.Wrong.Args)
			}
			return api.OK(out), nil
		})
	api.Add(a, api.Operation{
		Method: "POST", Path: "/api/v1/admin/skill-lists/{id}/import", ID: "import-skills", Summary: "Bring what a preview of a list of skills showed", Tag: tag, Status: 201,
		Doc: "Brought again, after an interruption or later, a list changes nothing that is done already.",
	},
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.Body[SkillListBegunJSON], error) {
			n, err := id.Parse(in.ID)
			if err != nil || lists == nil {
				return nil, api.NotFound()
			}
			return begun(lists.Bring(ctx, by, n))
		})
}

func skillListJSON(n id.ID, r SkillsRun) SkillListJSON {
	out := SkillListJSON{
		ID: n.String(), Name: r.Name, Preview: r.Preview, State: "waiting", Done: r.Done, Of: r.Of, Format: r.Format, Attribution: r.Attribution,
		New: r.New, Changed: r.Changed, Same: r.Same, LeftOut: r.LeftOut, Problems: []string{},
	}
	switch {
	case r.State == job.Dead || r.Wrong != nil:
		out.State = "failed"
	case r.State == job.Done:
		out.State = "done"
	case r.Of > 0:
		out.State = "running"
	}
	for _, p := range r.Problems {
		out.Problems = append(out.Problems, p.String())
	}
	return out
}

// asked is the import that the request asks for.
func (in *peopleFileInput) asked() importAsk {
	return importAsk{
		file: in.File, name: web.FileName(in.Name), mapping: in.Mapping, dates: in.Dates, carryOut: in.CarryOut, acceptLeavers: in.AcceptLeavers,
	}
}
