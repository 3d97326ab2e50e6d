package skills

import (
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Reindex makes a skill findable by its names and its description.
func (s *Service) Reindex(tx *db.Tx, skill id.ID) error { return s.index(tx, skill) }
