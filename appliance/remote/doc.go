// Package remote collects the mail of accounts at providers.
//
// A [Collector] has a schedule and starts a child process for each collection (package child),
// which speaks to the provider. The collector alone decides what is fetched, stored and deleted,
// and its [Store] alone writes: a child that lies can only add messages to the mailbox of its own
// account.
//
// # How a collection goes
//
//	list       every message has an id, which is derived from what the server calls it
//	choose     what the store does not have; the first time, what since admits
//	recognize  if the provider has renumbered the mailbox, by the fingerprints of headers; of the
//	           rest, what came before the first collection, less since, stays at the provider
//	fetch      small messages first; up to 16 share a flush; each with its id, or not at all; after a
//	           broken line IMAP goes on inside the message
//	delete     what has been durable here for the days of after, was read again now and is the same
//	forget     ids that two listings, seven days apart, do not have
//
// # Invariants
//
//	R1  A message is fetched once: its id is written in the batch of the message, and only an id that
//	    the store does not have is fetched.
//	R2  A listing that is not complete changes nothing: the collection ends.
//	R3  Nothing is deleted at the provider but by an id that the store has, whose message was durable
//	    for the days of after by a clock that was believed all the time, and was read again past the
//	    page cache or expunged here. If the protocol can reuse names (POP3), its header is the same.
//	    A session deletes at most 50.
//	R4  Ids depend on the mailbox and on the login at the provider, and on nothing of the
//	    configuration: an account that is removed and added, or has another name or server, brings
//	    nothing twice.
//	R5  A message that the store refuses, or that the provider refuses three times in a day, is left
//	    out, and the others go on. A broken line or a full spool is not counted: the message at which
//	    it happened comes behind the others.
//	R6  One collection at a time. A provider is asked no more often than every says, and waits that
//	    it names are kept. A login that was refused twice is not repeated until a secret is stored,
//	    be it the same one.
//	R7  No more than the octets of daily are fetched in a day since the start of the server; messages
//	    that would exceed them wait for the next day.
//	R8  An account that logs in by OAuth 2.0 (packages oauth and grant) asks a person only when its
//	    consent has ended. A server that does not take its tokens has it wait.
//	R9  No secret, subject, sender or text of a message is logged.
//	R10 A listing of 200,000 messages is held in less than 16 MB.
//
//	R11 The owner of an account is notified once of what lasts: a login that is refused, no room, a
//	    day of failures. It ends when the account works, and is not repeated after a restart.
//	    There is one notice for each message that is too large.
//	R12 A mailbox that the provider says is as it was after the last listing, of which everything was
//	    done, is listed each fourth time only; once a day over IMAP, if nothing is deleted there:
//	    if neither the count nor the next UID has changed, the listing has not.
//
// # What can fail
//
// Each row has the tests that show what follows; those of sending are in package outbound.
//
//	the power, at any operation           TestPowerCuts, TestLostQuit; outbound TestPowerCut
//	the line, in a large message          TestResume, TestLeftOut, imapfetch TestBrokenLine
//	a listing of nothing, or half of it   TestPartialListing, TestNothingListed,
//	                                      popclient TestDialects
//	all names are new                     TestRenumbered, TestRenumberedIsTold, TestBetterNames,
//	                                      TestSinceRenumbered, TestSinceOtherNames
//	one name for several messages         TestSameNames, imapfetch TestTake
//	nothing comes in the middle           imapfetch TestPieces
//	a first collection is interrupted     TestSinceInterrupted
//	sizes are wrong                       TestWrongSizes, TestLongerThanItSays, imapfetch TestPieces
//	no line end, NUL, CR, a line of 1 MB  TestOddOctets
//	a message is too large                TestTooLargeIsTold, TestManyTooLarge
//	no room in the spool or the mailbox   TestNoRoom, TestFullSpool
//	two servers collect one account       TestTwoServers
//	another password                      TestPasswordChanged, TestOwnerIsTold, TestNewLogin
//	the certificate                       trust TestVerify, child TestNoLogin,
//	                                      child TestForeignTicket
//	the clock is not believed             TestClockNotBelieved, TestAfter
//	no reply to the final dot             outbound TestInDoubt, appliance TestInSent
//	one recipient of three is refused     appliance TestSendOut, outbound TestRefused
//	the child crashes, hangs, eats memory child TestChildThatCrashes, child TestChildThatHangs,
//	                                      child TestSilence, TestChildCrashes
//	the server is hostile                 popclient TestHostile, imapfetch TestHostile,
//	                                      imapfetch TestLinesWithoutEnd, TestOneAccountAlone,
//	                                      TestEndlessParts, TestSlow, smarthost TestStories
//	no Internet for weeks                 TestFailingForADay, outbound TestOffline,
//	                                      outbound TestThirtyDays
//	STARTTLS was taken out                popclient TestNoTLS, imapfetch TestNoTLS,
//	                                      smarthost TestStories
//	an update of the card is on trial     TestPutOff, appliance TestTrial
//
// That ids vanish because another server deletes at the provider is not reported: a person who
// deletes in another client looks the same.
//
// # Files
//
//	account.go   what is collected, and the ids      store.go     what keeps it
//	collection.go a session, and what it goes by
//	collect.go   one collection                      choose.go    what is to be fetched
//	since.go     what was there before the account   purge.go     deletes at the provider
//	fetch.go     messages into the store             large.go     messages that are too large
//	schedule.go  when                                collector.go the loop, and collections on demand
//	rows.go      a listing, in little memory         notices.go   notices to owners
package remote
