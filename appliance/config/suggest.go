package config

import (
	"fmt"
	"slices"
	"strings"

	"pillarbox/appliance/names"
)

// suggestion returns "; did you mean ...?" with the nearest key or table, or "" if none is near.
// Letter case makes no difference to it: keys are written in small letters.
func suggestion(table []key, p position) string {
	if best := nearest(table, p); best != "" {
		return fmt.Sprintf("; did you mean %q?", best)
	}
	return ""
}

// nearest returns the key or table of the table that is nearest to the name at p, or "".
func nearest(table []key, p position) string {
	name, last := names.Fold(p.name()), names.Fold(p.path[len(p.path)-1])
	best, distance := "", 0
	consider := func(candidate string, d, length int) {
		if d <= max(2, length/3) && (best == "" || d < distance) {
			best, distance = candidate, d
		}
	}
	for _, k := range table {
		head, tail, nested := strings.Cut(k.name, ".")
		if p.table {
			if nested {
				consider(head, edits(name, head), len(head))
			}
			continue
		}
		consider(k.name, edits(name, k.name), len(k.name))
		if nested { // the right key in the wrong table, or with none
			consider(k.name, edits(last, tail)+1, len(tail))
		}
	}
	if p.table {
		consider(aliasesTable, edits(name, aliasesTable), len(aliasesTable))
		if len(p.path) == 2 {
			consider(remoteTable+"."+last, edits(names.Fold(p.path[0]), remoteTable), len(remoteTable))
		}
		if len(p.path) == 2 {
			accounts := retentionTable + "." + accountsTable
			consider(accounts, edits(name, accounts), len(accounts))
		}
		if len(p.path) == 3 {
			own := retentionTable + "." + accountsTable + "." + last
			consider(own, edits(name, own), len(retentionTable+accountsTable))
		}
	}
	return best
}

// isTable reports whether there are keys below name.
func isTable(table []key, name string) bool {
	return slices.ContainsFunc(table, func(k key) bool { return strings.HasPrefix(k.name, name+".") })
}

// edits returns how many letters have to be inserted, deleted, changed or swapped with their
// neighbour to turn a into b, in O(len(a)*len(b)). Names are short.
func edits(a, b string) int {
	a, b = a[:min(len(a), 64)], b[:min(len(b), 64)]
	var before, last, now [65]int
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		now[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			now[j] = min(last[j]+1, now[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				now[j] = min(now[j], before[j-2]+1)
			}
		}
		before, last = last, now
	}
	return last[len(b)]
}

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
