// Command sbom writes the software bill of materials of a pillarbox program in CycloneDX form
// (JSON): the program with its SHA-256, version and commit, the modules that are linked into it, as
// the Go linker recorded them, and the Go standard library.
//
//	sbom [-version VERSION] [-commit COMMIT] [-image NAME [-debian FILE]] PROGRAM
//
// With -image the bill is that of a card image: the program is one of its components, and so are
// the Debian packages that FILE lists, a line each: NAME VERSION ARCHITECTURE. The same input makes
// the same octets; the time is SOURCE_DATE_EPOCH.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/CycloneDX/cyclonedx-go"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "sbom: %v\n", err)
		os.Exit(1)
	}
}

func run() error {
	var s subject
	flag.StringVar(&s.version, "version", "", "the `VERSION` of the program and the image")
	flag.StringVar(&s.commit, "commit", "", "the `COMMIT` that they were built from")
	flag.StringVar(&s.image, "image", "", "the `NAME` of the card image that has the program")
	flag.StringVar(&s.debian, "debian", "", "the `FILE` with the image's Debian packages")
	flag.Parse()
	if flag.NArg() != 1 || s.version == "" {
		return errors.New("usage: sbom -version VERSION [-commit COMMIT] [-image NAME [-debian FILE]] PROGRAM")
	}
	s.program = flag.Arg(0)
	seconds, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64)
	if err != nil {
		return errors.New("SOURCE_DATE_EPOCH is not set to the time of the source, in seconds")
	}
	s.time = time.Unix(seconds, 0).UTC()
	bom, err := s.bom()
	if err != nil {
		return err
	}
	return cyclonedx.NewBOMEncoder(os.Stdout, cyclonedx.BOMFileFormatJSON).SetPretty(true).
		EncodeVersion(bom, cyclonedx.SpecVersion1_6)
}
