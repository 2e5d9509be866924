// Package archive reads and writes mail as other programs store it: Maildirs and mbox files. It
// does not import the spool: it yields messages for admin.Client to import, and takes the
// messages that admin.Client exports.
//
// A message has lines that end in LF. Lines that end in CRLF or CR are read as well.
//
// # Invariants
//
//	R1  Every octet of an mbox is in exactly one message, in a separator, or in the line end
//	    before a separator (FuzzMbox). A wrong decision can cut a message in two or join two
//	    messages, but it loses nothing.
//	R2  What is not mail is not imported: the source is refused, or the file is in
//	    Report.Skipped; both end in exit code 1. A message that may be wrong is imported and in
//	    Report.Doubtful. What is left out by rule is in Report.LeftOut.
//	R3  No two messages of a source have the same unique-id.
//	R4  Memory does not grow with the size of a message: 100 KiB, 10 MiB for zstd, and about 250
//	    octets for each message of the source.
//	R5  Only regular files are read, without following links, up to the size that they had when
//	    they were opened. As root, only files of the owner of their directory: see folder.
//
// # Where a message of an mbox begins
//
// RFC 4155 defines one format, but most files have another dialect, and no file names its own. One
// rule covers all of them:
//
//	A line that begins with "From " is a separator if the next line begins with a header field,
//	and if the text after "From " allows it:
//
//	text after "From "                              the next line       the line before
//	--------------------------------------------    ----------------    ---------------
//	at most one word, or "x at y" (Mailman), then   any header field    any
//	    weekday, month, day, time and year as in
//	    RFC 4155 or RFC 5322
//	nothing, "-", or an address                     a usual field       any
//	a time and a year anywhere (doubtful)           a usual field       any
//	one other word (doubtful)                       a usual field       empty
//	anything else                                   never a separator
//
//	If the first line that is not empty is no separator, the file is not an mbox.
//	One empty line before a separator belongs to no message.
//	Lines ">From " between a separator and the header are part of the separator (UUCP), and so is
//	a separator directly before another one.
//
// A usual field is one that mail programs write first in a header (header.go). The header field is
// the evidence that counts, because the other signs are missing or ambiguous: programs that do not
// quote write lines such as "From 10:00 on in 2001 ...", Thunderbird writes "From " alone, and many
// files lack the empty line. "http://" is no header field.
//
// Content-Length (mboxcl, mboxcl2) is accepted if it leads to a line that can be a separator by
// this rule, after at most one empty line, or to the end of the file. Then no line before that is a
// separator. A Content-Length that came with the message from elsewhere, counts line ends of
// another kind or was made up by the sender does not lead there, except by chance; so a message
// that has lines like separators in it is doubtful.
//
// Quoting is removed as in mboxrd: a line that begins with ">From ", with any number of ">", loses
// one. Messages with an accepted Content-Length are an exception, if one of them has a line that
// begins with "From ": then the program that wrote the file does not quote (mboxcl2).
//
//	dialect    "From " in a message is    ">From " in a message is    Content-Length
//	mboxo      ">From "                   ">From ", and read wrong    no
//	mboxrd     ">From "                   ">>From "                   no
//	mboxcl     ">From "                   ">From ", and read wrong    yes
//	mboxcl2    "From "                    ">From "                    yes
//
// Lines end in LF or CRLF, and in CR if the first line ends in a CR alone. A byte order mark is
// skipped. X-Status with D, X-Mozilla-Status with the bit 0008 and X-Evolution with the bit 0002
// mark a message as deleted. The first message of a file of UW IMAP can hold data of that program
// instead of mail.
//
// # What a Maildir holds
//
// Messages are the regular files in "cur" and "new" whose names do not begin with a dot; one of the
// two directories can be missing. Flags follow ":2," or another mark, where a file system allows no
// ":"; T marks a message as deleted. A file that begins like gzip or zstd is unpacked, because
// plugins of Dovecot write such files under ordinary names. A line of an mbox before the header is
// skipped. A file that is empty, is packed and cut off, or begins with binary data is not imported;
// a text without a header is doubtful. Subfolders are named and not imported.
//
// # Unique-ids
//
// A POP3 client identifies a message by its unique-id. If unique-ids change, the client downloads
// all messages again. Each format has places for those of the server that had the mail before. The
// first one that is there is used:
//
//	Maildir   dovecot-uidlist       the P field, alone the name of the file without its flags; else
//	                                UID and UIDVALIDITY in the default format
//	          courierpop3dsizelist  UIDn-UIDVALIDITY, or what older versions made
//	          the name of the file without its flags, as qmail-pop3d and others use it; the name of
//	          a file of an export holds the unique-id
//	mbox      X-UIDL in the first line of the header, as an export writes it; the line is removed
//	          X-UID, if the first message has X-IMAPbase, in the default format of Dovecot
//	          X-UIDL, of qpopper and others
//	          the sum that popa3d makes of header fields; a second import finds it again, whichever
//	          program wrote the file
//
// If a line of a list is damaged, its message gets another unique-id; if the head is damaged, the
// import is refused. If two messages have the same unique-id, the later one gets "~2" behind it.
//
// # What an export writes
//
//	DIR/new/SECONDS.UUNIQUE-ID.pillarbox    written in tmp, flushed, renamed; the directory is
//	                                        flushed at the end. In the unique-id,
//	                                        %XX stands for octets that are no letter, digit, "-",
//	                                        "_", "=" or "~". An existing file is not written again
//	FILE                                    mboxrd, from FILE.tmp by a rename, with the line
//	                                        "X-UIDL: UNIQUE-ID" before each message; file and
//	                                        directory are flushed. If an export wrote FILE before,
//	                                        what it lacks is appended: FILE is copied, so that a
//	                                        power cut leaves the old one (earlier.go). Any other
//	                                        file is refused
//
// # Files
//
//	both     report.go  folder.go, subfolder.go (how files are opened)  header.go
//	         lines.go (line ends)  foreign.go (compressed files, and what is no mail)
//	mbox     mboxread.go  survey.go (the pass)  separator.go (the rule, Content-Length)
//	         quoting.go  mbox.go, earlier.go (export)
//	Maildir  maildirread.go  maildirname.go  content.go (one file)  list.go (unique-ids of
//	         Dovecot and Courier)  maildir.go (export)
package archive
