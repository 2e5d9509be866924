package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"
)

// Set by the linker: -X main.version=1.2.3 -X main.built=2026-11-24 -X main.commit=c2afa9d1...
// (scripts/identity.sh).
var version, built, commit string

// sourceDate is older than any build of this source: certificates begin there if nothing better is
// known.
const sourceDate = "2026-11-01"

// showVersion shows the version.
func showVersion(c *call) error {
	_, err := fmt.Fprintf(c.stdout, "pillarbox %s, built %s, commit %s, %s %s/%s\n",
		versionWord(), buildDate().Format(time.DateOnly), commitWord(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// versionWord is the version that the linker set, else the commit, else "devel".
func versionWord() string {
	if version != "" {
		return version
	}
	if revision := setting("vcs.revision"); len(revision) >= 12 {
		return "devel-" + revision[:12]
	}
	return "devel"
}

// commitWord is the commit that the program was built from, as far as that is known.
func commitWord() string {
	word := cmp.Or(commit, setting("vcs.revision"), "unknown")
	if commit == "" && setting("vcs.modified") == "true" {
		word += "-dirty"
	}
	return word
}

// buildDate is the day of the build, else of the commit, else of the source.
func buildDate() time.Time {
	for _, text := range []string{built, setting("vcs.time"), sourceDate} {
		for _, layout := range []string{time.DateOnly, time.RFC3339} {
			if date, err := time.Parse(layout, text); err == nil {
				return date.UTC().Truncate(24 * time.Hour)
			}
		}
	}
	return time.Time{}
}

// setting returns a build setting that the go command recorded.
func setting(key string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}
