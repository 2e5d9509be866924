package component

import (
	"errors"
	"html"
	"html/template"
	"io"
	"strings"
	"testing"
)

// TestEscape: a text stays what it is for a parser of HTML, and ends neither a text nor a quoted
// attribute.
func TestEscape(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "",
		"Anna":                   "Anna",
		"Grüße, 日本":              "Grüße, 日本",
		"<b>":                    "&lt;b&gt;",
		"a&b":                    "a&amp;b",
		"&amp;":                  "&amp;amp;",
		`"x" 'y'`:                "&#34;x&#34; &#39;y&#39;",
		"</main><script>":        "&lt;/main&gt;&lt;script&gt;",
		"<":                      "&lt;",
		"\x00\xff<":              "\x00\xff&lt;",
		`" autofocus onfocus="a`: "&#34; autofocus onfocus=&#34;a",
	} {
		if got := EscapeString(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
		if got, err := ResolveAttributeValue(text); got != want || err != nil {
			t.Errorf("the attribute %q becomes %q, %v, want %q", text, got, err, want)
		}
	}
}

// TestURL: only relative URLs and those of http and https stay, whatever a template says of them.
func TestURL(t *testing.T) {
	for _, url := range []string{
		"", "/", "/people/anna", "#live", "?a=b", "/a:b", "https://pillarbox.local:1443/log-in", "HTTP://[::1]/",
	} {
		got, err := JoinURLErrs(SafeURL(url))
		if string(got) != url || err != nil {
			t.Errorf("%q becomes %q, %v", url, got, err)
		}
	}
	for _, url := range []string{
		"javascript:alert(1)", "JavaScript:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)", "\x01javascript:alert(1)",
		"data:text/html,x", "vbscript:x", "mailto:anna@home.arpa", "file:///etc/passwd", ":", "?a:b", "https\n:x", " https://a/", "httpſ://a/",
	} {
		if got, err := JoinURLErrs(SafeURL(url)); got != failedURL || err != nil {
			t.Errorf("%q becomes %q, %v", url, got, err)
		}
		if got, err := JoinURLErrs(url); got != failedURL || err != nil {
			t.Errorf("%q, not called safe, becomes %q, %v", url, got, err)
		}
	}
}

// TestErrors: the error of an expression is not lost.
func TestErrors(t *testing.T) {
	first, second := errors.New("first"), errors.New("second")
	_, text := JoinStringErrs("a", nil, first, second)
	_, attribute := ResolveAttributeValue("a", first)
	_, url := JoinURLErrs("a", second)
	if !errors.Is(text, first) || !errors.Is(text, second) || !errors.Is(attribute, first) || !errors.Is(url, second) {
		t.Errorf("the errors are %v, %v, %v", text, attribute, url)
	}
	if _, err := JoinStringErrs("a", nil, nil); err != nil {
		t.Errorf("no error becomes %v", err)
	}
	err := error(Error{Err: first, FileName: "me.templ", Line: 7, Col: 12})
	if !errors.Is(err, first) || err.Error() != "me.templ:7:12: first" {
		t.Errorf("the error of a template is %q", err)
	}
}

// rendered renders a text as html/template does.
func rendered(t *testing.T, pattern, text string) string {
	t.Helper()
	var b strings.Builder
	if err := template.Must(template.New("").Parse(pattern)).Execute(&b, text); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// FuzzEscape compares with the standard library: EscapeString equals html.EscapeString, what it
// returns reads as what it was given, and a URL that stays is one that html/template lets pass.
func FuzzEscape(f *testing.F) {
	for _, text := range []string{"", "a<b>&\"'", "&lt;", "javascript:alert(1)", "//a/b:c", "https://x/?a=b&c='", "\x00", "\xff<", "java\tscript:x"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		escaped := EscapeString(text)
		if want := html.EscapeString(text); escaped != want {
			t.Errorf("%q becomes %q, want %q", text, escaped, want)
		}
		if got := html.UnescapeString(escaped); got != text {
			t.Errorf("%q reads as %q", text, got)
		}
		if strings.ContainsAny(escaped, `<>"'`) {
			t.Errorf("%q becomes %q", text, escaped)
		}
		url, err := JoinURLErrs(SafeURL(text))
		if err != nil || url != SafeURL(text) && url != failedURL {
			t.Errorf("the URL %q becomes %q, %v", text, url, err)
		}
		if url != failedURL && strings.Contains(rendered(t, `<a href="{{.}}">`, text), "ZgotmplZ") {
			t.Errorf("the URL %q stays, html/template refuses it", text)
		}
	})
}

// FuzzText: a whole component with a text and an attribute equals that of html/template, but for
// two octets that html/template replaces as well.
func FuzzText(f *testing.F) {
	f.Add("Anna")
	f.Add(`"><script>alert('1')</script>`)
	f.Add("a+b & c")
	f.Fuzz(func(t *testing.T, text string) {
		attribute, _ := ResolveAttributeValue(text)
		var b strings.Builder
		page := GeneratedTemplate(func(in GeneratedComponentInput) error {
			buffer, _ := GetBuffer(in.Writer)
			WriteString(buffer, 1, `<p title="`)
			buffer.WriteString(attribute)
			WriteString(buffer, 2, `">`)
			buffer.WriteString(EscapeString(text))
			return WriteString(buffer, 3, "</p>")
		})
		if err := page.Render(t.Context(), io.Writer(&b)); err != nil {
			t.Fatal(err)
		}
		want := strings.ReplaceAll(rendered(t, `<p title="{{.}}">{{.}}</p>`, strings.ReplaceAll(text, "\x00", "")), "&#43;", "+")
		if got := strings.ReplaceAll(b.String(), "\x00", ""); got != want {
			t.Errorf("%q becomes %q, html/template has %q", text, got, want)
		}
	})
}
