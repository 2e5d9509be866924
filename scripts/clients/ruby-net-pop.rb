#!/usr/bin/env ruby
# ruby-net-pop.rb plain|tls keep|delete OUT
#
# Ruby's own fetcher.
require "net/pop"

tls, disposal, out = ARGV
pop = Net::POP3.new(ENV["HOST"], ENV[tls == "tls" ? "POP3S_PORT" : "POP3_PORT"].to_i)
pop.enable_ssl(OpenSSL::SSL::VERIFY_PEER, ENV["CA"]) if tls == "tls"
pop.start(ENV["ACCOUNT"], ENV["PASSWORD"]) do
  pop.each_mail do |mail|
    File.binwrite("#{out}/#{mail.number}", mail.pop)
    mail.delete if disposal == "delete"
  end
end
