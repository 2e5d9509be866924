#!/usr/bin/env perl
# perl-net-pop3.pl plain|stls|tls keep|delete OUT
#
# Perl's own client; it asks for the messages in the random order of a hash. It hands over LF
# lines, or CRLF over TLS: all are written as CRLF.
use strict;
use warnings;
use Net::POP3;

my ($tls, $disposal, $out) = @ARGV;
my @trust = (SSL_ca_file => $ENV{CA}, SSL_verifycn_name => $ENV{HOST});
my $box = Net::POP3->new($ENV{HOST}, Timeout => 60,
    $tls eq 'tls' ? (Port => $ENV{POP3S_PORT}, SSL => 1, @trust) : (Port => $ENV{POP3_PORT}))
    or die "no connection: $@";
if ($tls eq 'stls') { $box->starttls(@trust) or die "STLS: " . $box->message }
defined $box->login($ENV{ACCOUNT}, $ENV{PASSWORD}) or die "login: " . $box->message;
for my $number (keys %{$box->list}) {
    open my $file, '>:raw', "$out/$number" or die "$out/$number: $!";
    my $lines = $box->get($number) or die "RETR: " . $box->message;
    print $file map { s|\r?\n\z|\r\n|r } @$lines;
    close $file or die "$out/$number: $!";
    if ($disposal eq 'delete') { $box->delete($number) or die "DELE: " . $box->message }
}
$box->quit or die "QUIT: " . $box->message;
