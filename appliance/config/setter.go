package config

import (
	"fmt"
	"strings"
	"time"
)

// A key is one row of the table of keys.
type key struct {
	name string                // dotted, as it is reported
	set  func(value any) error // stores a value; the error names the expected type
}

// choices are the words of a key and what each means, in the order in which they are listed.
type choices[T any] []struct {
	word  string
	means T
}

func oneOf[T any](to *T, words choices[T]) func(any) error {
	return func(value any) error {
		var expected []string
		for _, choice := range words {
			if value == choice.word {
				*to = choice.means
				return nil
			}
			expected = append(expected, fmt.Sprintf("%q", choice.word))
		}
		last := len(expected) - 1
		return fmt.Errorf("expects %s or %s", strings.Join(expected[:last], ", "), expected[last])
	}
}

func text(to *string) func(any) error {
	return func(value any) error {
		s, ok := value.(string)
		if !ok {
			return fmt.Errorf("expects a text in quotes, not %s", kind(value))
		}
		*to = s
		return nil
	}
}

func texts(to *[]string) func(any) error {
	return func(value any) error {
		list, ok := value.([]any)
		if !ok {
			return fmt.Errorf(`expects a list of texts, as ["one", "two"], not %s`, kind(value))
		}
		read := make([]string, 0, len(list))
		for _, one := range list {
			s, ok := one.(string)
			if !ok {
				return fmt.Errorf(`expects a list of texts, as ["one", "two"], not of %s`, kind(one))
			}
			read = append(read, s)
		}
		*to = read
		return nil
	}
}

func number(to *int) func(any) error {
	return func(value any) error {
		n, ok := value.(int64)
		if !ok {
			return fmt.Errorf("expects a whole number, not %s", kind(value))
		}
		if int64(int32(n)) != n {
			return fmt.Errorf("%d is out of range", n)
		}
		*to = int(n)
		return nil
	}
}

func boolean(to *bool) func(any) error {
	return func(value any) error {
		b, ok := value.(bool)
		if !ok {
			return fmt.Errorf("expects true or false, without quotes, not %s", kind(value))
		}
		*to = b
		return nil
	}
}

func prefixes(to *Prefixes) func(any) error {
	return func(value any) (err error) {
		var words []string
		if err := texts(&words)(value); err != nil {
			return err
		}
		*to, err = ParsePrefixes(words)
		return err
	}
}

// parsed is for values that are written as text with a unit.
func parsed[T any](to *T, parse func(string) (T, error)) func(any) error {
	return func(value any) error {
		s, ok := value.(string)
		if !ok {
			_, err := parse("")
			_, advice, _ := strings.Cut(err.Error(), "; ")
			return fmt.Errorf("expects a text in quotes, not %s; %s", kind(value), advice)
		}
		v, err := parse(s)
		if err == nil {
			*to = v
		}
		return err
	}
}

// kind names the type of a TOML value in words of its users.
func kind(value any) string {
	switch value.(type) {
	case string:
		return "a text"
	case int64:
		return "a number"
	case float64:
		return "a number with a fraction"
	case bool:
		return "true or false"
	case []any:
		return "a list"
	case map[string]any:
		return "a table"
	case time.Time:
		return "a time"
	}
	return "a date or time"
}
