#!/usr/bin/env ruby
# ruby-net-smtp.rb plain|auth|stls|tls FILE RCPT
#
# Ruby's own sender. It writes the final dot in a piece of its own.
require "net/smtp"

tls, file, recipient = ARGV
store = OpenSSL::X509::Store.new
store.add_file(ENV["CA"])
context = Net::SMTP.default_ssl_context
context.cert_store = store
context.verify_mode = OpenSSL::SSL::VERIFY_PEER
smtp = Net::SMTP.new(ENV["HOST"], ENV[tls == "tls" ? "SMTPS_PORT" : "SMTP_PORT"].to_i)
tls == "tls" ? smtp.enable_tls(context) : smtp.disable_tls
tls == "stls" ? smtp.enable_starttls(context) : smtp.disable_starttls
login = tls == "plain" ? [] : [ENV["ACCOUNT"], ENV["PASSWORD"], tls == "stls" ? :login : :plain]
smtp.start("ruby.home.arpa", *login) do
  smtp.send_message(File.binread(file), "anna@home.arpa", recipient)
end
