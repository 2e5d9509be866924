// Package archive reads and writes mail as other programs keep it: Maildir folders and mbox files. It knows no spool: what it
// reads are letters to be imported, what it writes is a taker of what is exported.
//
// Content here has lines that end in LF, as those programs want it; CRLF is read as well.
//
// # Unique-ids
//
// A client of POP3 knows a mail by its unique-id, and downloads all of them again when they change. So each format has a place where
// the old one is found:
//
//	Maildir   with a dovecot-uidlist: the P field of the line, else UID and UIDVALIDITY as %08Xu%08Xv, which is
//	          Dovecot's pop3_uidl_format unless it was changed
//	          else the name of the file without its flags, as qmail-pop3d and others have it; names that an export made tell theirs
//	mbox      the header field X-UIDL; without one a mail has none, and is imported again each time
//
// A unique-id that a source gives twice is told apart by "~2" and so on, for neither mail may be left out.
//
// # What an export writes
//
//	DIR/new/SECONDS.UUNIQUE-ID.pillarbox    written in tmp, flushed, renamed. In the unique-id, %XX stands for octets that are
//	                                        no letter, digit, "-", "_", "=" or "~". What is there is not written again
//	FILE                                    mboxrd, from FILE.tmp by a rename, with "X-UIDL: UNIQUE-ID" as the first line of each mail,
//	                                        which an import takes out again
//
//	maildir.go  names and both ways     uidlist.go  Dovecot's list
//	mbox.go     both ways               quoting.go  lines that begin with "From "
package archive
