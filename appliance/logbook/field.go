package logbook

import (
	"fmt"
	"time"

	"go.uber.org/zap/zapcore"
)

// A Field is a key with a value, written when its line is.
type Field = zapcore.Field

// String tells a text.
func String(key, value string) Field {
	return Field{Key: key, Type: zapcore.StringType, String: value}
}

// ByteString tells a text that is octets; they must not change until the line is written.
func ByteString(key string, value []byte) Field {
	return Field{Key: key, Type: zapcore.ByteStringType, Interface: value}
}

// Strings tells several texts.
func Strings(key string, values []string) Field {
	return Field{Key: key, Type: zapcore.ArrayMarshalerType, Interface: texts(values)}
}

// Stringer tells what value calls itself when the line is written.
func Stringer(key string, value fmt.Stringer) Field {
	return Field{Key: key, Type: zapcore.StringerType, Interface: value}
}

// Int tells a number.
func Int(key string, value int) Field { return Int64(key, int64(value)) }

// Int64 tells a number.
func Int64(key string, value int64) Field {
	return Field{Key: key, Type: zapcore.Int64Type, Integer: value}
}

// Bool tells whether something is so.
func Bool(key string, value bool) Field {
	f := Field{Key: key, Type: zapcore.BoolType}
	if value {
		f.Integer = 1
	}
	return f
}

// Duration tells how long something took.
func Duration(key string, value time.Duration) Field {
	return Field{Key: key, Type: zapcore.DurationType, Integer: int64(value)}
}

// Time tells an instant, by the wall clock alone.
func Time(key string, value time.Time) Field {
	return Field{Key: key, Type: zapcore.TimeFullType, Interface: value.Round(0)}
}

// Error tells an error under the key "error", and nothing for nil.
func Error(err error) Field { return NamedError("error", err) }

// NamedError tells an error, and nothing for nil.
func NamedError(key string, err error) Field {
	if err == nil {
		return Field{Type: zapcore.SkipType}
	}
	return Field{Key: key, Type: zapcore.ErrorType, Interface: err}
}

// texts is a list of texts as zapcore takes it.
type texts []string

func (t texts) MarshalLogArray(to zapcore.ArrayEncoder) error {
	for _, s := range t {
		to.AppendString(s)
	}
	return nil
}
