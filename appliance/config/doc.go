// Package config reads the configuration: one TOML file, one table of keys, one report of
// everything that is wrong with it.
//
// What it does: it knows every key, its type, its default and what values are possible;
// it folds what may be written in several ways (letter case, a bare host name); it says
// where in the file a mistake is and which key was probably meant. What it refuses to do:
// it opens no port, makes no folder, asks nobody on the network, and takes no value
// that it does not understand. A file with one mistake is not half in force: [Load] returns a
// whole Config or a [*Report].
//
//	file ──► positions (where each key and value stands)      keys.go: the table of keys
//	  └────► values    (map of what was written)  ──────────► one row a key: a setter
//	                                                            │
//	         Default() ── filled from the file ── Complete() ── Validate() ──► *Config
//
// Invariants:
//
//	C1  Every key of a Config can be written in a file, and nothing else can.
//	C2  A problem names the file, the line and the marked text; a problem of a default
//	    names the key.
//	C3  All problems of one file are reported together, in the order of its lines. A syntax error
//	    alone is reported alone, for nothing behind it can be read.
//	C4  A Config is never changed after Load.
//
// Without a file the built-in defaults hold, see [Default], [Find] and [Environment].
package config
