package suite

import (
	"regexp"
	"strings"
	"testing"
)

// TestCases checks that each case has a source, and that each mistake of another server that can be
// shown from outside has a case.
func TestCases(t *testing.T) {
	section := regexp.MustCompile(`^(D\d+, )?RFC \d+( §[\d.]+)?$`)
	mistakes := make(map[string]bool)
	for _, c := range Cases() {
		if !section.MatchString(c.Section) || !strings.HasSuffix(c.Why, ".") {
			t.Errorf("%s/%s begins with %q: %q", c.Protocol, c.Name, c.Section, c.Why)
		}
		if mistake, _, found := strings.Cut(c.Section, ", "); found {
			mistakes[mistake] = true
			if number := strings.TrimPrefix(mistake, "D"); !strings.HasPrefix(c.Name, "d"+strings.Repeat("0", 2-len(number))+number+"-") {
				t.Errorf("%s/%s is about %s", c.Protocol, c.Name, mistake)
			}
		}
	}
	if len(mistakes) != 19 || mistakes["D15"] { // which needs a message of 4 GiB
		t.Errorf("%d mistakes have cases: %v", len(mistakes), mistakes)
	}
	if got := len(Cases("pop3/d01", "lmtp/hello")); got != 3 {
		t.Errorf("%d cases by name, want 3", got)
	}
}
