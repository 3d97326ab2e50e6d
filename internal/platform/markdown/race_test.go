//go:build race

package markdown

import "time"

// slow is what the race detector makes of a duration.
func slow(d time.Duration) time.Duration { return 20 * d }
