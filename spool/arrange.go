package spool

import "sort"

// arrange sorts as slices.SortFunc does, by one sort for all types: that one is compiled anew for each, 8 KB of
// flash a type. The lists that are sorted for each mail or session do not come here.
func arrange[T any](list []T, compare func(a, b T) int) {
	sort.Slice(list, func(i, j int) bool { return compare(list[i], list[j]) < 0 })
}
