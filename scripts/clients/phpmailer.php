#!/usr/bin/env php
<?php
// phpmailer.php plain|auth|stls|tls FILE RCPT
//
// The SMTP class of PHPMailer, by which WordPress and other web programs send: one write a line. It
// ends the last line itself, and folds lines above 998 octets.
require '/usr/share/php/libphp-phpmailer/autoload.php';

[, $tls, $file, $recipient] = $argv;
$smtp = new PHPMailer\PHPMailer\SMTP();
$trust = ['ssl' => ['cafile' => getenv('CA'), 'peer_name' => getenv('HOST')]];
[$host, $port] = $tls === 'tls' ? ['ssl://' . getenv('HOST'), getenv('SMTPS_PORT')] : [getenv('HOST'), getenv('SMTP_PORT')];
$ok = $smtp->connect($host, (int) $port, 30, $trust) && $smtp->hello('php.home.arpa')
    && ($tls !== 'stls' || $smtp->startTLS() && $smtp->hello('php.home.arpa'))
    && ($tls === 'plain' || $smtp->authenticate(getenv('ACCOUNT'), getenv('PASSWORD'), $tls === 'tls' ? 'LOGIN' : 'PLAIN'))
    && $smtp->mail('anna@home.arpa') && $smtp->recipient($recipient) && $smtp->data(preg_replace('/\r\n$/D', '', file_get_contents($file)));
if (!$ok) {
    fwrite(STDERR, print_r($smtp->getError(), true));
    exit(1);
}
$smtp->quit();
