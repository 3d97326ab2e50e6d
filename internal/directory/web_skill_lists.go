package directory

import (
	"bytes"
	"net/http"

	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/directory/pages"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/job"
	"github.com/guildhall/guildhall/internal/ui"
)

// SkillImports is GET /admin/skills: the form, and with run=ID how an import
// stands.
func (p *Pages) SkillImports(v *visit.Visit) error {
	q, err := v.Query()
	if err != nil {
		return err
	}
	n, err := q.ID("run")
	if err != nil {
		return fault.Missing()
	}
	view := pages.SkillImportView{}
	if n != 0 {
		if p.Lists == nil {
			return fault.Missing()
		}
		r, err := p.Lists.Run(v.R.Context(), v.By, n)
		if err != nil {
			return err
		}
		view.Run = runView(v, r)
		view.Run.ID = n.String()
	}
	return p.skillImports(v, http.StatusOK, view, nil)
}

func runView(v *visit.Visit, r SkillsRun) *pages.SkillRun {
	out := &pages.SkillRun{Name: r.Name, Ended: r.State == job.Done, Here: v.R.URL.RequestURI()}
	switch {
	case r.State == job.Dead:
		out.Wrong = v.T("lists.broken")
	case r.Wrong != nil:
		out.Wrong = v.Fault(r.Wrong)
	case r.State != job.Done:
		out.Waits = v.T("lists.under_way")
		if r.Of > 1 {
			out.Waits = v.T("lists.progress", "done", r.Done, "of", r.Of)
		}
		return out
	case r.Preview:
		out.Preview = r.New+r.Changed > 0
		out.Title = v.T("lists.would")
	default:
		out.Title = v.T("lists.happened")
	}
	if out.Wrong != "" {
		return out
	}
	for _, s := range []struct {
		key string
		n   int
	}{{"new", r.New}, {"changed", r.Changed}, {"same", r.Same}, {"left_out", r.LeftOut}} {
		out.Totals = append(out.Totals, ui.Stat{Label: v.T("lists." + s.key), Value: v.Number(int64(s.n))})
	}
	out.Line = v.T("lists.format", "format", r.Format)
	out.Attribution = r.Attribution
	for _, b := range r.Problems {
		out.Problems = append(out.Problems, b.String())
	}
	return out
}

func (p *Pages) skillImports(v *visit.Visit, status int, view pages.SkillImportView, wrong error) error {
	view.Faults, view.Off = v.Faults(wrong), p.Lists == nil
	view.Places = p.Places(v, "skills")
	return v.ShowStatus(status, v.T("lists.title"), "admin", pages.SkillImports(v.Frame, view))
}

// ImportSkills is POST /admin/skills: a file to look at, or run=ID of a preview
// to carry out.
func (p *Pages) ImportSkills(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	if p.Lists == nil {
		return fault.Missing()
	}
	preview, err := form.ID("run")
	if err != nil {
		return fault.Missing()
	}
	ctx := v.R.Context()
	if preview != 0 {
		n, err := p.Lists.Bring(ctx, v.By, preview)
		if err != nil {
			return err
		}
		return v.See("/admin/skills?run=" + n.String())
	}
	var name string
	var data []byte
	if files := form.Files("file"); len(files) > 0 {
		name, data = files[0].Name, files[0].Data
	}
	n, err := p.Lists.Preview(ctx, v.By, name, bytes.NewReader(data))
	if fault.Is(err, fault.Invalid) {
		return p.skillImports(v, http.StatusUnprocessableEntity, pages.SkillImportView{}, err)
	}
	if err != nil {
		return err
	}
	return v.See("/admin/skills?run=" + n.String())
}
