package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"time"
)

// Set by the linker: -X main.version=1.2.3 -X main.built=2026-11-24.
var version, built string

// sourceDate is older than any build of this source: what certificates count from when nothing better is known.
const sourceDate = "2026-11-01"

// showVersion says which version this is.
func showVersion(c *call) error {
	if _, _, err := c.parse(c.args, 0); err != nil {
		return err
	}
	_, err := fmt.Fprintf(c.stdout, "pillarbox %s, built %s, %s %s/%s\n",
		versionWord(), buildDate().Format(time.DateOnly), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// versionWord is what the linker was told, else the commit, else "devel".
func versionWord() string {
	if version != "" {
		return version
	}
	if revision := setting("vcs.revision"); len(revision) >= 12 {
		return "devel-" + revision[:12]
	}
	return "devel"
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

// setting returns what the go command noted about the build.
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
