// Package cardupdate decides whether an update of a card image may be installed: who signed it, for
// which board it is, and whether it is older than what runs.
//
// An update is blocks of 4096 octets: a page of text, the kernel, the root. The page is the
// manifest:
//
//	pillarbox update 1
//	board NAME
//	kernel BLOCKS SHA256
//	root BLOCKS SHA256
//	version VERSION
//	signature KEY BASE64
//
// The rest of the page is zeros. A signature is Ed25519 (RFC 8032) over all octets before the first
// line "signature"; there may be several, one for each key, so that a key can be replaced. KEY is a
// hint which key it is of: the first 16 digits of the SHA-256 of the public key in DER form
// (SubjectPublicKeyInfo). The kernel and the root are signed by way of their SHA-256, which
// pillarbox-update(8) computes before and after it writes them.
//
// Release 1 has neither version nor signature, and ignores lines that it does not know.
package cardupdate

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// PageSize is the size of the page, and of every block of an update.
const PageSize = 4096

const (
	firstLine  = "pillarbox update 1"
	maxBlocks  = 1 << 20 // 4 GiB, more than any slot
	maxVersion = 64
)

// A Part is the kernel or the root of an update.
type Part struct {
	Blocks int
	SHA256 string
}

func (p Part) String() string { return fmt.Sprintf("%d %s", p.Blocks, p.SHA256) }

// A Manifest is the parsed page of an update.
type Manifest struct {
	Board        string
	Version      string // "" in updates of release 1
	Kernel, Root Part

	signed     []byte // what the signatures are over
	signatures []signature
}

// Parse reads the page of an update. It checks the form only: see Verify.
func Parse(page []byte) (*Manifest, error) {
	if !bytes.HasPrefix(page, []byte(firstLine+"\n")) {
		return nil, errors.New("this is not an update: it does not begin with \"" + firstLine + "\"")
	}
	if len(page) != PageSize {
		return nil, fmt.Errorf("the update is cut short: its first page has %d of %d octets", len(page), PageSize)
	}
	text, padding, _ := bytes.Cut(page, []byte{0})
	if len(bytes.TrimLeft(padding, "\x00")) > 0 || !bytes.HasSuffix(text, []byte("\n")) {
		return nil, errors.New("the update is damaged: its first page does not end in zeros after a line")
	}
	m := &Manifest{}
	signed := bytes.Index(text, []byte("\nsignature ")) + 1
	if signed == 0 {
		signed = len(text)
	}
	m.signed = text[:signed]
	if err := m.parseSigned(string(text[len(firstLine)+1 : signed])); err != nil {
		return nil, fmt.Errorf("the update is damaged: %w", err)
	}
	var err error
	if m.signatures, err = parseSignatures(string(text[signed:])); err != nil {
		return nil, fmt.Errorf("the update is damaged: %w", err)
	}
	return m, nil
}

// parseSigned reads the lines that the signatures cover. Later versions may add lines, which are
// ignored; a line that is known must not come twice, because release 1 reads the first one.
func (m *Manifest) parseSigned(text string) error {
	seen := map[string]bool{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if seen[name] {
			return fmt.Errorf("it has two lines %q", name)
		}
		seen[name] = true
		var err error
		switch name {
		case "board":
			m.Board = value
		case "kernel":
			m.Kernel, err = parsePart(value)
		case "root":
			m.Root, err = parsePart(value)
		case "version":
			m.Version, err = value, checkVersion(value)
		}
		if err != nil {
			return fmt.Errorf("line %q: %w", name, err)
		}
	}
	for _, name := range []string{"board", "kernel", "root"} {
		if !seen[name] {
			return fmt.Errorf("it has no line %q", name)
		}
	}
	return nil
}

// parsePart reads BLOCKS SHA256. The digits go into commands, so nothing else may be among them.
func parsePart(value string) (Part, error) {
	blocks, sum, _ := strings.Cut(value, " ")
	n, err := strconv.ParseUint(blocks, 10, 32)
	if err != nil || n == 0 || n > maxBlocks || blocks != strconv.FormatUint(n, 10) {
		return Part{}, fmt.Errorf("bad number of blocks %q", blocks)
	}
	if _, err := hex.DecodeString(sum); err != nil || len(sum) != 64 || sum != strings.ToLower(sum) {
		return Part{}, fmt.Errorf("bad SHA-256 %q", sum)
	}
	return Part{int(n), sum}, nil
}

func checkVersion(version string) error {
	const allowed = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.+~-"
	if version == "" || len(version) > maxVersion || !isDigit(version[0]) || strings.Trim(version, allowed) != "" {
		return fmt.Errorf("bad version %q", version)
	}
	return nil
}

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
