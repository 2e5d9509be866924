package cardupdate

import (
	"os/exec"
	"testing"
)

// ascending are versions from the oldest to the newest.
var ascending = []string{
	"0.1.0~20261128",
	"0.1.0~20261130174344.c2afa9d1",
	"0.1.0~20261130174345.4a980eb5",
	"0.1.0~rc1",
	"0.1.0",
	"0.1.0a",
	"0.1.0+1", // after 0.1.0a, because letters sort before the rest
	"0.1.0.1",
	"0.2.0~1",
	"0.2.0",
	"0.9.0",
	"0.10.0",
	"1.0-1",
	"1.00.1a", // after 1.0-1, because "-" sorts before "."
	"2",
	"10",
}

func TestCompareVersions(t *testing.T) {
	for i, a := range ascending {
		for j, b := range ascending {
			if got := CompareVersions(a, b); sign(got) != sign(i-j) {
				t.Errorf("CompareVersions(%q, %q) = %d, want the sign of %d", a, b, got, i-j)
			}
		}
	}
	if CompareVersions("1.0", "1.00") != 0 {
		t.Error("leading zeros of a number make a difference")
	}
}

// TestCompareVersionsAsDpkg compares the order with the one that dpkg has, where there is dpkg.
func TestCompareVersionsAsDpkg(t *testing.T) {
	dpkg, err := exec.LookPath("dpkg")
	if err != nil {
		t.Skip("there is no dpkg")
	}
	for i, a := range ascending[1:] {
		// With an epoch and a revision of its own, all of the version is the upstream version.
		if err := exec.Command(dpkg, "--compare-versions", ascending[i]+"-1", "lt", a+"-1").Run(); err != nil {
			t.Errorf("to dpkg, %s is not older than %s", ascending[i], a)
		}
	}
}

func FuzzCompareVersions(f *testing.F) {
	for i := range ascending[1:] {
		f.Add(ascending[i], ascending[i+1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if CompareVersions(a, a) != 0 || sign(CompareVersions(a, b)) != -sign(CompareVersions(b, a)) {
			t.Errorf("no order between %q and %q", a, b)
		}
	})
}

func sign(n int) int { return min(1, max(-1, n)) }
