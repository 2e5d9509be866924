package config

import (
	"fmt"
	"strings"

	"pillarbox/appliance/names"
)

// checkDomain returns an error if a folded name is not a host or domain name (RFC 1123 section
// 2.1).
func checkDomain(name string) error {
	if name == "" || len(name) > 253 {
		return fmt.Errorf("%q is not a host name: 1 to 253 characters are needed", name)
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return fmt.Errorf("%q is not a host name: each part between dots has 1 to 63 characters and no hyphen at its ends", name)
		}
		for _, r := range label {
			if !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-') {
				return fmt.Errorf("%q is not a host name: %q is not allowed in one; only a-z, 0-9 and hyphens can", name, r)
			}
		}
	}
	return nil
}

// isNumber reports whether s is not empty and has only digits.
func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// isAlpha reports whether s is not empty and has only small letters.
func isAlpha(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz") == ""
}

// accountName reports whether there can be an account of a name. "." and ".." are names of
// directories, where an export would leave its own.
func accountName(name string) bool {
	return name != "." && name != ".." && names.CheckAccount(name) == nil
}

// newName reports whether a new account may have a name. NAME.new is a file that is being written.
func newName(name string) bool {
	return accountName(name) && name[0] != '-' && name[0] != '.' && !strings.HasSuffix(name, ".new")
}
