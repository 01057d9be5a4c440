# frozen_string_literal: true

# One request by Net::HTTP, with the jar of the gem http-cookie, which Mechanize and http.rb use, in a file. Net::HTTP follows no redirect: this
# script does, and sends a password to the server alone that it is given for. So what is tested is the jar.

require 'http-cookie'
require 'net/http'
require 'optparse'

asked = {}
OptionParser.new do |options|
  options.on('--read-only')
  options.on('--auth GIVEN')
end.parse!(into: asked)
path, url = ARGV
user, password = asked[:auth]&.split(':', 2)

jar = HTTP::CookieJar.new
jar.load(path) if File.exist?(path)
first = uri = URI(url)
10.times do
  get = Net::HTTP::Get.new(uri)
  cookies = HTTP::Cookie.cookie_value(jar.cookies(uri))
  get['Cookie'] = cookies unless cookies.empty?
  get.basic_auth(user, password) if user && uri.origin == first.origin
  tls = uri.scheme == 'https'
  answer = Net::HTTP.start(uri.host, uri.port, nil, use_ssl: tls) { |http| http.request(get) }
  answer.get_fields('Set-Cookie')&.each { |field| jar.parse(field, uri) }
  puts answer.code
  break unless answer.is_a?(Net::HTTPRedirection)

  uri = uri.merge(answer['Location'])
end
jar.save(path) unless asked[:'read-only']
