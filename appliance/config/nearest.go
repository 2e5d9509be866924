package config

import "pillarbox/appliance/names"

// Nearest returns the name that a misspelt one most probably means, "" if none is near.
func Nearest(misspelt string, known []string) string {
	best, distance := "", 0
	for _, name := range known {
		d := edits(names.Fold(misspelt), name)
		if d <= max(1, (len(name)+1)/3) && (best == "" || d < distance) {
			best, distance = name, d
		}
	}
	return best
}
