package sendmail

import "strings"

// Options are the options and arguments of a command line.
type Options struct {
	Mode       Mode
	Config     string   // -C: the configuration of the server
	Sender     string   // -f, -r: the reverse-path; "" and not Named: the caller
	Named      bool     // whether -f or -r was given
	FullName   string   // -F: the display name, if From has to be added
	FromHeader bool     // -t: the header names recipients
	KeepDots   bool     // -i: a line with a dot alone is a line of the message
	Recipients []string // arguments, as they were written
	Notify     string   // -N: for NOTIFY=
	Return     string   // -R: for RET=
	EnvelopeID string   // -V: for ENVID=
}

// A Mode is a task of the program.
type Mode uint8

const (
	Deliver   Mode = iota // -bm, the default: hand a message over
	ShowQueue             // -bp, mailq: the queue is always empty
	Nothing               // -q, -bi, newaliases: there is nothing to do
	Dialogue              // -bs: SMTP on standard input and output
)

// An argument is what follows the letter of an option.
type argument uint8

const (
	none  argument = iota
	glued          // the rest of its word, which may be empty
	value          // the rest of its word, else the next one
)

// options is the table of the options of sendmail; one without a function is ignored.
var options = []struct {
	letter byte
	takes  argument
	set    func(o *Options, value string) error
}{
	{'A', value, nil}, // -Am, -Ac: which sendmail.cf
	{'B', value, nil}, // body type: 8 bits are always kept
	{'b', value, (*Options).mode},
	{'C', value, func(o *Options, v string) error { o.Config = v; return nil }},
	{'c', none, nil},
	{'D', value, nil},
	{'d', glued, nil},
	{'e', value, nil}, // -em, -ep…: errors always go to standard error and the exit code
	{'F', value, func(o *Options, v string) error { o.FullName = v; return nil }},
	{'f', value, (*Options).sender},
	{'G', none, nil},
	{'h', value, nil},
	{'I', none, func(o *Options, _ string) error { o.Mode = Nothing; return nil }},
	{'i', none, func(o *Options, _ string) error { o.KeepDots = true; return nil }},
	{'L', value, nil},
	{'M', value, nil},
	{'m', none, nil},
	{'N', value, func(o *Options, v string) error { o.Notify = v; return nil }},
	{'n', none, nil},
	{'O', value, (*Options).long},
	{'o', value, (*Options).short},
	{'p', value, nil},
	{'q', glued, func(o *Options, _ string) error { o.Mode = Nothing; return nil }},
	{'R', value, func(o *Options, v string) error { o.Return = v; return nil }},
	{'r', value, (*Options).sender},
	{'s', none, nil},
	{'T', value, nil},
	{'t', none, func(o *Options, _ string) error { o.FromHeader = true; return nil }},
	{'U', none, nil},
	{'V', value, func(o *Options, v string) error { o.EnvelopeID = v; return nil }},
	{'v', none, nil},
	{'X', value, nil},
	{'x', glued, nil},
}

// Parse reads a command line as sendmail(8) does: options before the recipients or among them, in
// one word or in several. name is the name by which the program was called, because mailq and
// newaliases are commands of their own. The error is an *Error with ExUsage.
func Parse(name string, args []string) (*Options, error) {
	o := &Options{}
	switch name {
	case "mailq":
		o.Mode = ShowQueue
	case "newaliases":
		o.Mode = Nothing
	}
	for len(args) > 0 {
		word := args[0]
		args = args[1:]
		switch {
		case word == "--":
			o.Recipients = append(o.Recipients, args...)
			args = nil
		case word == "-config" && len(args) > 0: // as the other commands of pillarbox have it
			o.Config, args = args[0], args[1:]
		case strings.HasPrefix(word, "-") && len(word) > 1:
			var err error
			if args, err = o.word(word[1:], args); err != nil {
				return nil, err
			}
		default:
			o.Recipients = append(o.Recipients, word)
		}
	}
	return o, nil
}

// word reads the options of one word, and returns the words that are left.
func (o *Options) word(letters string, args []string) ([]string, error) {
	for letters != "" {
		letter := letters[0]
		letters = letters[1:]
		row := -1
		for i := range options {
			if options[i].letter == letter {
				row = i
			}
		}
		if row < 0 {
			return nil, fail(ExUsage, "unknown option -%c", letter)
		}
		given := ""
		switch options[row].takes {
		case value:
			if given, letters = letters, ""; given == "" {
				if len(args) == 0 {
					return nil, fail(ExUsage, "the option -%c needs a value", letter)
				}
				given, args = args[0], args[1:]
			}
		case glued:
			given, letters = letters, ""
		}
		if set := options[row].set; set != nil {
			if err := set(o, given); err != nil {
				return nil, err
			}
		}
	}
	return args, nil
}

func (o *Options) sender(value string) error {
	o.Sender, o.Named = value, true
	return nil
}

// mode is -b.
func (o *Options) mode(value string) error {
	switch value {
	case "m":
		o.Mode = Deliver
	case "p":
		o.Mode = ShowQueue
	case "i":
		o.Mode = Nothing
	case "s":
		o.Mode = Dialogue
	case "d", "D":
		return fail(ExUsage, `-b%s is not supported: start the server with "pillarbox serve"`, value)
	default:
		return fail(ExUsage, "-b%s is not supported; -bm, -bp, -bs and -bi are", value)
	}
	return nil
}

// short is -o: options of the old configuration; only one has an effect.
func (o *Options) short(value string) error {
	if strings.HasPrefix(value, "i") {
		o.KeepDots = true
	}
	return nil
}

// long is -O.
func (o *Options) long(value string) error {
	name, set, _ := strings.Cut(value, "=")
	if strings.EqualFold(name, "IgnoreDots") && (set == "" || strings.ContainsAny(set[:1], "tTyY1")) {
		o.KeepDots = true
	}
	return nil
}
