package logging

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.uber.org/zap/zapcore"
)

const (
	// maxValue is how many octets of a value are written. An address has at most 254 (RFC 5321
	// §4.5.3.1).
	maxValue = 300
	// maxLine is how long a line may be in octets without its line end: log daemons cut what is
	// longer than 1 KiB.
	maxLine = 960
)

// appendMessage appends an event. It is quoted only if it would not be one line.
func appendMessage(dst []byte, s string) []byte {
	if strings.ContainsFunc(s, func(r rune) bool { return !strconv.IsPrint(r) }) {
		return strconv.AppendQuote(dst, s)
	}
	return append(dst, s...)
}

// appendField appends " key=value". It reads the value from the field itself: Field.AddTo would
// link the encoders of zapcore.
func appendField(dst []byte, f zapcore.Field) []byte {
	if f.Type == zapcore.SkipType {
		return dst
	}
	dst = append(append(append(dst, ' '), f.Key...), '=')
	switch f.Type {
	case zapcore.StringType:
		return appendValue(dst, f.String)
	case zapcore.Int64Type, zapcore.Int32Type, zapcore.Int16Type, zapcore.Int8Type:
		return strconv.AppendInt(dst, f.Integer, 10)
	case zapcore.Uint64Type, zapcore.Uint32Type, zapcore.Uint16Type, zapcore.Uint8Type:
		return strconv.AppendUint(dst, uint64(f.Integer), 10)
	case zapcore.DurationType:
		return append(dst, time.Duration(f.Integer).Round(10*time.Microsecond).String()...)
	case zapcore.TimeType: // Interface is its place
		at := time.Unix(0, f.Integer)
		if place, ok := f.Interface.(*time.Location); ok {
			at = at.In(place)
		}
		return at.AppendFormat(dst, time.RFC3339)
	case zapcore.ErrorType:
		return appendValue(dst, f.Interface.(error).Error())
	case zapcore.BoolType:
		return strconv.AppendBool(dst, f.Integer == 1)
	case zapcore.ByteStringType:
		return appendValue(dst, string(f.Interface.([]byte)))
	}
	return appendValue(dst, fmt.Sprint(f.Interface)) // a Stringer, a list of strings
}

// appendValue appends a value, quoted where a reader could not tell where it ends.
func appendValue(dst []byte, s string) []byte {
	if len(s) > maxValue {
		s = cut(s, maxValue) + "..."
	}
	ambiguous := func(r rune) bool {
		return r <= ' ' || r == '"' || r == '=' || r == '\\' || r == utf8.RuneError || !strconv.IsPrint(r)
	}
	if s == "" || strings.ContainsFunc(s, ambiguous) {
		return strconv.AppendQuote(dst, s)
	}
	return append(dst, s...)
}

// cut returns at most n octets of text, which has more, and no part of a character at the end.
func cut[T string | []byte](text T, n int) T {
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
