package signin

import (
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/fault"
)

// Demo is GET /demo/{token}: it signs in at once to a demo organisation, as
// often as it is followed. Elsewhere it does not exist.
func (p *Pages) Demo(v *visit.Visit) error {
	if !p.House.Organisation.Settings().Demo {
		return fault.Missing()
	}
	s, err := p.Logins.UseLink(v.R.Context(), v.R.PathValue("token"), v.R.UserAgent())
	if err != nil {
		return p.gone(v, err)
	}
	return p.Enter(v, s, "/")
}
