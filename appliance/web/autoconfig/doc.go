// Package autoconfig writes the documents from which mail clients set themselves up: Thunderbird's
// autoconfig file, Outlook's Autodiscover answer, Apple's configuration profiles, and the code that
// Thunderbird for Android scans.
//
// It is text from values: it reads no file, opens no connection and looks up no account. What it
// refuses to do: it writes no password, except into the code of Thunderbird for Android if the
// caller gives one, and it never answers for a domain that is not one of Settings.Domains.
//
//	document                   function           read by
//	config-v1.1.xml            Settings.XML       Thunderbird, KMail, Evolution
//	autodiscover.xml (POX)     Settings.POX       Outlook up to 2016
//	.mobileconfig              Profile.Encode     iPhone, iPad, Mac
//	JSON array in a QR code    Settings.Code      Thunderbird for Android
//
// Invariants:
//
//	C1  The first server of each kind is the one that a client uses: TLS from the first byte comes
//	    before STARTTLS. A server without TLS is not offered.
//	C2  Every value is escaped for its document. A character that XML cannot hold becomes U+FFFD.
//	C3  The same values make the same octets, so that a profile which is installed again replaces
//	    the one before.
//
// Sources: the format of autoconfig 1.1 and its reader in Thunderbird 153; [MS-OXDSCLI] for POX;
// Apple's schema of configuration profiles (device-management, 2024-10); the exporter and the
// importer of Thunderbird for Android (2026-08).
//
//	settings.go    the values, which endpoints are offered, the code of Thunderbird for Android
//	xml.go         elements and escaping
//	autoconfig.go  config-v1.1.xml of Thunderbird, Autodiscover with its request
//	profile.go     Apple's property lists
package autoconfig
