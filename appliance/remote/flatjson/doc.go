// Package flatjson reads the members of a JSON object (RFC 8259) whose values are strings, numbers,
// or true and false: the answers of OAuth servers, and the challenges by which mail servers refuse
// an access token, have no others that matter.
//
// It is no encoding/json, whose decoder adds more to the program than all of this login does. It
// reads what a stranger sends, so that every text ends in fields or in an error (FuzzFields).
//
// # Invariants
//
//	J1  A text that is not one JSON object, with nothing behind it, is an error.
//	J2  Members whose values are objects, lists or null are read and left out.
//	J3  Values are nested 16 deep at most, and 64 members are kept at most.
package flatjson
