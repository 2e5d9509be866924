package component

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

// nested is a component that has another one in it, as generated code has them.
func nested(inner Component) Component {
	return GeneratedTemplate(func(in GeneratedComponentInput) (err error) {
		b, existing := GetBuffer(in.Writer)
		if !existing {
			defer func() {
				if released := ReleaseBuffer(b); err == nil {
					err = released
				}
			}()
		}
		ctx := ClearChildren(InitializeContext(in.Context))
		if GetChildren(ctx) != nil {
			return errors.New("children")
		}
		if err := WriteString(b, 1, "<b>"); err != nil {
			return err
		}
		if err := inner.Render(ctx, b); err != nil {
			return err
		}
		return WriteString(b, 2, "</b>")
	})
}

// TestNested: components write in order to one buffer, and only Raw writes what it is given.
func TestNested(t *testing.T) {
	var out strings.Builder
	if err := nested(nested(Raw("<i>"))).Render(t.Context(), &out); err != nil || out.String() != "<b><b><i></b></b>" {
		t.Errorf("the page is %q, %v", out.String(), err)
	}
	out.Reset()
	if err := nested(NopComponent).Render(t.Context(), &out); err != nil || out.String() != "<b></b>" {
		t.Errorf("a component of nothing is %q, %v", out.String(), err)
	}
	outer, existing := GetBuffer(&out)
	if existing {
		t.Error("a writer of others is a Buffer")
	}
	if inner, existing := GetBuffer(outer); !existing || inner != outer {
		t.Error("a component has a buffer of its own")
	}
}

// limited fails after some octets.
type limited int

func (l *limited) Write(p []byte) (int, error) {
	if *l -= limited(len(p)); *l < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

// TestFailing: an error of the writer and of an expression end the page and are returned.
func TestFailing(t *testing.T) {
	for n := range 14 {
		left := limited(n)
		if err := nested(nested(Raw(""))).Render(t.Context(), &left); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("after %d octets the error is %v", n, err)
		}
	}
	failed := errors.New("failed")
	var out strings.Builder
	if err := nested(Raw("x", failed)).Render(t.Context(), &out); !errors.Is(err, failed) || out.String() != "<b>" {
		t.Errorf("the page is %q, %v", out.String(), err)
	}
	own := ComponentFunc(func(context.Context, io.Writer) error { return failed })
	if err := nested(own).Render(t.Context(), &out); !errors.Is(err, failed) {
		t.Errorf("the error is %v", err)
	}
}
