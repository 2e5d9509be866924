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
	"bufio"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
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

// A subject is what a bill is of.
type subject struct {
	program, version, commit string
	image, debian            string
	time                     time.Time
}

// bom returns the bill.
func (s *subject) bom() (*cyclonedx.BOM, error) {
	info, err := buildinfo.ReadFile(s.program)
	if err != nil {
		return nil, err
	}
	program, err := s.programComponent(info)
	if err != nil {
		return nil, err
	}
	components := modules(info)
	direct := []cyclonedx.Dependency{needs(program, components)}
	root := program
	if s.image != "" {
		packages, err := debianPackages(s.debian)
		if err != nil {
			return nil, err
		}
		root = s.component(cyclonedx.ComponentTypeFirmware, s.image)
		content := append([]cyclonedx.Component{program}, packages...)
		direct = append(direct, needs(root, content))
		components = append(content, components...)
	}
	bom := cyclonedx.NewBOM()
	bom.SerialNumber = serial(root, *program.Hashes)
	bom.Metadata = &cyclonedx.Metadata{Timestamp: s.time.Format(time.RFC3339), Component: &root}
	bom.Components = &components
	bom.Dependencies = &direct
	return bom, nil
}

// component is one of ours.
func (s *subject) component(kind cyclonedx.ComponentType, name string) cyclonedx.Component {
	c := cyclonedx.Component{
		BOMRef: name, Type: kind, Name: name, Version: s.version,
		Licenses: &cyclonedx.Licenses{{License: &cyclonedx.License{ID: "Apache-2.0"}}},
	}
	if kind == cyclonedx.ComponentTypeFirmware {
		c.Licenses = nil // it has programs of others
	}
	if s.commit != "" {
		c.Properties = &[]cyclonedx.Property{{Name: "pillarbox:commit", Value: s.commit}}
	}
	return c
}

func (s *subject) programComponent(info *debug.BuildInfo) (cyclonedx.Component, error) {
	c := s.component(cyclonedx.ComponentTypeApplication, "pillarbox")
	octets, err := os.ReadFile(s.program)
	if err != nil {
		return c, err
	}
	sum := sha256.Sum256(octets)
	c.Hashes = &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA256, Value: hex.EncodeToString(sum[:])}}
	var properties []cyclonedx.Property
	if c.Properties != nil {
		properties = *c.Properties
	}
	properties = append(properties, cyclonedx.Property{Name: "pillarbox:go", Value: info.GoVersion})
	for _, setting := range info.Settings {
		switch setting.Key {
		case "GOOS", "GOARCH", "GOARM", "GOARM64", "GOAMD64", "GOMIPS", "GORISCV64", "CGO_ENABLED", "-tags":
			properties = append(properties, cyclonedx.Property{Name: "pillarbox:" + setting.Key, Value: setting.Value})
		}
	}
	c.Properties = &properties
	return c, nil
}

// modules are the modules that are linked into a program, and the standard library.
func modules(info *debug.BuildInfo) []cyclonedx.Component {
	std := golang("std", strings.TrimPrefix(strings.Fields(info.GoVersion)[0], "go"))
	components := []cyclonedx.Component{std}
	for _, module := range info.Deps {
		if module.Replace != nil {
			module = module.Replace
		}
		c := golang(module.Path, module.Version)
		if module.Sum != "" { // a vendored build records none
			c.Properties = &[]cyclonedx.Property{{Name: "pillarbox:go.sum", Value: module.Sum}}
		}
		components = append(components, c)
	}
	return components
}

func golang(path, version string) cyclonedx.Component {
	purl := "pkg:golang/" + path + "@" + url.QueryEscape(version)
	return cyclonedx.Component{BOMRef: purl, Type: cyclonedx.ComponentTypeLibrary, Name: path, Version: version, PackageURL: purl}
}

// debianPackages reads a list of packages, NAME VERSION ARCHITECTURE.
func debianPackages(list string) (components []cyclonedx.Component, err error) {
	if list == "" {
		return nil, nil
	}
	file, err := os.Open(list)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) != 3 {
			return nil, fmt.Errorf("%s: %q is not NAME VERSION ARCHITECTURE", list, lines.Text())
		}
		purl := fmt.Sprintf("pkg:deb/debian/%s@%s?arch=%s", words[0], url.QueryEscape(words[1]), words[2])
		components = append(components, cyclonedx.Component{
			BOMRef: purl, Type: cyclonedx.ComponentTypeLibrary, Name: words[0], Version: words[1], PackageURL: purl,
		})
	}
	return components, lines.Err()
}

// needs adds which components another one is made of.
func needs(c cyclonedx.Component, of []cyclonedx.Component) cyclonedx.Dependency {
	var refs []string
	for _, component := range of {
		refs = append(refs, component.BOMRef)
	}
	return cyclonedx.Dependency{Ref: c.BOMRef, Dependencies: &refs}
}

// serial is a UUID (RFC 9562, version 8) that the subject determines: another build has another
// one.
func serial(root cyclonedx.Component, hashes []cyclonedx.Hash) string {
	sum := sha256.Sum256(fmt.Append(nil, root.Name, "\n", root.Version, "\n", hashes))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}
