// Package hostile measures how a server treats a known client while hostile clients (package
// siege) attack it, and what the server still holds afterwards: private memory, descriptors,
// goroutines.
//
// Each scene is an attack of one kind; the crowd is all kinds at once; the floods deliver the
// smallest messages until the server refuses them, and then the server must start in little
// memory. Run must be called in a network namespace of its own, in which all addresses of package
// siege are local.
package hostile
