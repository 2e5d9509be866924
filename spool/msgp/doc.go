// Package msgp writes and reads what the records of the spool are made of: four kinds of MessagePack values.
//
//	kind     first octet, then big endian
//	integer  00…7f and e0…ff itself   cc cd ce cf unsigned, d0 d1 d2 d3 signed, of 1 2 4 8 octets
//	string   a0…bf and its length     d9 da db    a length of 1 2 4 octets, then the text
//	array    90…9f and its length     dc dd       a length of 2 4 octets, then that many values
//
// github.com/tinylib/msgp writes the same octets, and whoever imports it links its translator to JSON, and encoding/json with
// that: a quarter of a megabyte of flash, for tables that its init() fills. So the library is what the tests here
// compare with, octet for octet, and its calls are spelled as there.
//
// What holds: an integer takes the fewest octets, and is written signed by AppendInt64 when it does not fit in seven bits, unsigned by the others;
// a reader takes any width and either sign as long as the value fits, and tells anything else, and what is cut short, by
// ok; it never reads beyond b and makes no copy.
//
//	append.go  values to octets
//	read.go    octets to values
package msgp
