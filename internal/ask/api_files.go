package ask

import (
	"bytes"
	"context"
	"io"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/api"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/picture"
)

// piece is how many bytes of a file one answer holds at most.
const piece = 512 << 10

// KeptFileJSON is a file that was sent for a post.
type KeptFileJSON struct {
	ID       string `json:"id"`
	URL      string `json:"url"`
	Markdown string `json:"markdown" doc:"What shows it in the body of a question or an answer; a file that no post of yours shows is dropped after four days"`
}

// FileJSON is a piece of a file.
type FileJSON struct {
	Name      string `json:"name"`
	MediaType string `json:"media_type"`
	Bytes     int64  `json:"bytes" doc:"Of the whole file"`
	Content   []byte `json:"content" doc:"At most 524288 bytes from the given position, in base64"`
	Next      int64  `json:"next_from" doc:"Where the next piece begins, 0 at the end"`
}

type keepFileInput struct {
	Body struct {
		Name     string `json:"name" doc:"Of the file, with its ending"`
		Content  []byte `json:"content" doc:"In base64; 700 kB at most. Pictures are made upright and small enough, without what the camera wrote into them"`
		Question string `json:"question,omitempty" doc:"Id of the question an answer to which will show it; left out for a new question"`
	}
}

type keepWholeInput struct {
	Name     string `query:"name" required:"true" maxLength:"200" doc:"Of the file, with its ending"`
	Question string `query:"question" doc:"Id of the question an answer to which will show it; left out for a new question"`
	File     *api.Sent
}

type pieceInput struct {
	api.ByID
	From int `query:"from" minimum:"0" default:"0" doc:"Bytes to leave out at the start"`
}

// addFiles adds the operations on what is attached to posts.
func addFiles(a *api.API[access.Actor], s *Service, files *Attachments) {
	const tag = "Questions"
	api.Add(a, api.Operation{Method: "POST", Path: "/api/v1/files", ID: "keep-file", Summary: "Send a file that a question or an answer will show", Tag: tag, Status: 201, Larger: "fault.file_by_program"},
		func(ctx context.Context, by access.Actor, in *keepFileInput) (*api.Body[KeptFileJSON], error) {
			return s.keepFile(ctx, by, files, in.Body.Question, Upload{Name: in.Body.Name, Body: bytes.NewReader(in.Body.Content)})
		})
	api.Add(a, api.Operation{
		Method: "POST", Path: "/api/v1/files/content", ID: "keep-whole-file", Summary: "Send a file of up to 10 MB as it is, for a question or an answer to show", Tag: tag, Status: 201, Most: maxFileBytes,
		Doc: "The body is the file itself. Pictures are made upright and small enough, without what the camera wrote into them.",
	},
		func(ctx context.Context, by access.Actor, in *keepWholeInput) (*api.Body[KeptFileJSON], error) {
			return s.keepFile(ctx, by, files, in.Question, Upload{Name: in.Name, Body: in.File})
		})
	api.Add(a, api.Operation{
		Method: "GET", Path: "/api/v1/files/{id}/content", ID: "get-whole-file", Summary: "A file that a post shows, as it is", Tag: tag,
		Doc: "With a Range header, a part of it.",
	},
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.File, error) {
			n, err := id.Parse(in.ID)
			if err != nil || files == nil {
				return nil, api.NotFound()
			}
			x, f, err := files.Open(ctx, by, n)
			if err != nil {
				return nil, err
			}
			out := &api.File{Tag: string(x.Hash), Content: f}
			inline := false
			if out.MediaType, inline = picture.Serving(x.MediaType); !inline {
				out.Name = x.Name
			}
			return out, nil
		})
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/files/{id}", ID: "get-file", Summary: "A file that a post shows, piece by piece", Tag: tag},
		func(ctx context.Context, by access.Actor, in *pieceInput) (*api.Body[FileJSON], error) {
			n, err := id.Parse(in.ID)
			if err != nil {
				return nil, api.NotFound()
			}
			if files == nil {
				return nil, fault.Missing()
			}
			x, f, err := files.Open(ctx, by, n)
			if err != nil {
				return nil, err
			}
			defer f.Close()
			size, err := f.Seek(0, io.SeekEnd)
			if err != nil {
				return nil, err
			}
			from := min(int64(in.From), size)
			out := FileJSON{Name: x.Name, MediaType: x.MediaType, Bytes: size, Content: make([]byte, min(piece, size-from))}
			if _, err := f.Seek(from, io.SeekStart); err != nil {
				return nil, err
			}
			if _, err := io.ReadFull(f, out.Content); err != nil {
				return nil, err
			}
			if next := from + int64(len(out.Content)); next < size {
				out.Next = next
			}
			return api.OK(out), nil
		})
}

// keepFile keeps a file for a new question, or for an answer to the question
// with the id.
func (s *Service) keepFile(ctx context.Context, by access.Actor, files *Attachments, question string, f Upload) (*api.Body[KeptFileJSON], error) {
	if files == nil {
		return nil, fault.Missing()
	}
	audience := access.Organisation
	if question != "" {
		n, err := id.Parse(question)
		if err != nil {
			return nil, fault.Missing()
		}
		q, err := s.LoadQuestion(ctx, by, n)
		if err != nil {
			return nil, err
		}
		audience = q.Audience
	}
	shown, err := files.Keep(ctx, by, audience, []Upload{f})
	if err != nil {
		return nil, renamed(err, "files", "content")
	}
	n := filesIn(shown)[0].String()
	return api.OK(KeptFileJSON{ID: n, URL: "/files/" + n, Markdown: shown[len("\n\n"):]}), nil
}
