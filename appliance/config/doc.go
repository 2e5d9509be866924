// Package config reads the configuration: one TOML file, one table of keys, one report of
// everything that is wrong with it.
//
// It holds every key, its type, its default and its possible values; it folds values that may be
// written in several ways (letter case, a bare host name); it reports where in the file a mistake
// is and which key was probably meant. It opens no port, makes no directory, uses no network, and
// accepts no value that it does not understand. A file with one mistake is not half in force:
// [Find] returns a whole Config or a [*Report].
//
//	file ──► positions (where each key and value stands)      settings.go: the table of keys
//	  └────► values    (map of what was written)  ──────────► one row a key: a setter
//	                                                            │
//	         Default() ── filled from the file ── Complete() ── Validate() ──► *Config
//
// Invariants:
//
//	C1  Every key of a Config can be written in a file, and nothing else can.
//	C2  A problem names the file, the line and the marked text, or the environment variable; a
//	    problem of a default names the key.
//	C3  All problems of one file are reported together, in the order of its lines. A syntax error
//	    is reported alone, because nothing after it can be read.
//	C4  A Config is never changed after it was loaded.
//	C5  No message of the TOML parser is shown: syntax.go has our own words for each.
//
// Without a file the built-in defaults are used, see [Default], [Find] and [Environment]. What
// neither the file nor an environment variable (PILLARBOX_TLS_NAMES for tls.names) sets has its
// default. The file comes first.
//
// Where what is
//
//	encoding.go     byte order marks, UTF-16, line ends
//	document.go     TOML to values and positions, the line of a value that later proves wrong
//	table.go        positions, tables, and names that are used twice
//	syntax.go       the words for what is not TOML
//	config.go       the values and their defaults; remote.go, retention.go: of tables with names
//	setter.go       what a key accepts, by the type of its value
//	suggest.go      "did you mean ...?"
//	fill.go         values to Config; tables whose keys are names of the user's choice
//	environment.go  environment variables to Config, and what the machine adds
//	validate.go     what values are possible; aliases.go, listeners.go and remotecheck.go for theirs
//	load.go         all of it in order
//	settings.go     the table of keys, and a Config as text
//	report.go       all problems as text
package config
