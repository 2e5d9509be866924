package component

import (
	"context"
	"errors"
	"io"
	"strconv"
)

// A Component writes a part of a page.
type Component interface {
	Render(ctx context.Context, w io.Writer) error
}

// ComponentFunc is a function that is a Component.
type ComponentFunc func(ctx context.Context, w io.Writer) error

// Render calls f.
func (f ComponentFunc) Render(ctx context.Context, w io.Writer) error {
	return f(ctx, w)
}

// NopComponent writes nothing.
var NopComponent Component = ComponentFunc(func(context.Context, io.Writer) error { return nil })

// GeneratedComponentInput has the arguments of Render, so that generated code need not import
// their packages.
type GeneratedComponentInput struct {
	Context context.Context
	Writer  io.Writer
}

// GeneratedTemplate returns the component of a generated function.
func GeneratedTemplate(f func(GeneratedComponentInput) error) Component {
	return ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return f(GeneratedComponentInput{ctx, w})
	})
}

// Raw returns a component that writes text as it is. The text must be HTML of the program itself.
func Raw(text string, errs ...error) Component {
	return ComponentFunc(func(_ context.Context, w io.Writer) error {
		if len(errs) > 0 {
			return errors.Join(errs...)
		}
		_, err := io.WriteString(w, text)
		return err
	})
}

// InitializeContext returns ctx: no component has children here.
func InitializeContext(ctx context.Context) context.Context { return ctx }

// GetChildren returns nil: no component has children here.
func GetChildren(context.Context) Component { return nil }

// ClearChildren returns ctx: no component has children here.
func ClearChildren(ctx context.Context) context.Context { return ctx }

// A Buffer is the writer that the components of one page share. It holds back nothing: the
// response of net/http has a buffer already, and a second one would cost its memory.
type Buffer struct {
	w io.Writer
}

// GetBuffer returns w if it is a Buffer. Otherwise it returns a new one, and false.
func GetBuffer(w io.Writer) (b *Buffer, existing bool) {
	if b, ok := w.(*Buffer); ok {
		return b, true
	}
	return &Buffer{w}, false
}

// ReleaseBuffer ends the use of a new buffer.
func ReleaseBuffer(*Buffer) error { return nil }

// Write writes p.
func (b *Buffer) Write(p []byte) (int, error) { return b.w.Write(p) }

// WriteString writes s.
func (b *Buffer) WriteString(s string) (int, error) { return io.WriteString(b.w, s) }

// WriteString writes a literal part of a template. The second argument numbers the parts of a
// template; templ uses it while somebody edits one.
func WriteString(w io.Writer, _ int, s string) error {
	_, err := io.WriteString(w, s)
	return err
}

// An Error says where in a template an expression returned an error.
type Error struct {
	Err       error
	FileName  string
	Line, Col int
}

// Error returns the place and the error.
func (e Error) Error() string {
	return e.FileName + ":" + strconv.Itoa(e.Line) + ":" + strconv.Itoa(e.Col) + ": " + e.Err.Error()
}

// Unwrap returns the error of the expression.
func (e Error) Unwrap() error { return e.Err }
