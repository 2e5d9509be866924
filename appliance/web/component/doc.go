// Package component is what the generated code of the pages calls: a small part of what the
// packages templ and templ/runtime offer, written from their interfaces. The generator is templ;
// scripts/templ.sh replaces the two imports of its output by this package.
//
// The reason is size: templ's own packages import html/template, text/template, regexp and
// encoding/json, and text/template calls methods by their names, so the linker has to keep every
// exported method of the program. DECISIONS.md has the figures.
//
// A feature of templ that is not here (children, classes, scripts, attributes from a map, URLs of
// another scheme) does not compile, or renders "about:invalid". What is here is stricter than
// templ: values are strings, so nothing is formatted by reflection, and the scheme of a URL is
// checked also when the template says SafeURL.
//
// Invariants:
//
//	C1  EscapeString leaves none of < > & " ' in a text. Its output may stand between tags and in a
//	    quoted attribute.
//	C2  A URL attribute is relative or begins with http: or https:. Everything else becomes
//	    about:invalid.
//	C3  Only Raw writes what it is given.
//
// # Life of a value
//
// A template has { v }. The generated code calls JoinStringErrs(v), then EscapeString, then
// Buffer.WriteString, which hands the text to the response of net/http. There is no buffer between
// the two: a response has one already.
//
//	component.go  components and the buffer
//	escape.go     texts, attributes, URLs
package component
