package cardupdate

import (
	"cmp"
	"strings"
)

// CompareVersions orders two versions as dpkg, apt and opkg order an upstream version (Debian
// Policy 5.6.12), so that "older" means the same on a card as in every package: 0.2.0~20261130
// comes before 0.2.0, which comes before 0.2.0+1. The result is negative if a is older than b.
//
// It is not a library's because the ones for Go convert digits to int, which a time of 14 digits
// overflows on a processor of 32 bits, and link package regexp.
func CompareVersions(a, b string) int {
	for a != "" || b != "" {
		var wordA, wordB, numberA, numberB string
		wordA, a = cut(a, false)
		wordB, b = cut(b, false)
		if order := compareWords(wordA, wordB); order != 0 {
			return order
		}
		numberA, a = cut(a, true)
		numberB, b = cut(b, true)
		if order := compareNumbers(numberA, numberB); order != 0 {
			return order
		}
	}
	return 0
}

// cut splits a version after its leading digits, or after everything that leads up to a digit.
func cut(version string, digits bool) (head, rest string) {
	n := 0
	for n < len(version) && isDigit(version[n]) == digits {
		n++
	}
	return version[:n], version[n:]
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func compareWords(a, b string) int {
	for i := range max(len(a), len(b)) {
		if order := weight(a, i) - weight(b, i); order != 0 {
			return order
		}
	}
	return 0
}

// weight is where a character sorts: a tilde before the end, the end before letters, letters before
// the rest.
func weight(word string, i int) int {
	switch {
	case i >= len(word):
		return 0
	case word[i] == '~':
		return -1
	case 'a' <= word[i] && word[i] <= 'z', 'A' <= word[i] && word[i] <= 'Z':
		return int(word[i])
	}
	return int(word[i]) + 256
}

func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}
