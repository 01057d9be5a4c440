# frozen_string_literal: true

# The driver of an HTTP client in Ruby. Put your client's calls in place of Net::HTTP and its jar: load the session, send one request, save it.

require 'http-cookie' # the gem of Mechanize and http.rb
require 'net/http'
require_relative 'interloper_driver'

# Sites over https have their certificates from the sandbox's own authority.
ENV['SSL_CERT_FILE'] = '/etc/interloper/ca.pem'

class Client < Interloper::Store
  REDIRECTS = 10

  def hello
    { name: 'client', version: '1.0.0', kind: 'client', keeps: ['cookies'], ops: ['fetch'],
      setups: [{ name: 'file', at: 'file', one_session: true }] }
  end

  def open(at)
    @path = at.path
  end

  def fetch(request)
    raise Interloper::Failure.new('unsupported', 'it cannot be given a cookie') if request.cookie

    jar = HTTP::CookieJar.new
    jar.load(@path) if File.exist?(@path)
    send_request(jar, URI(request.url), request.auth)
    jar.save(@path) unless request.read_only
  end

  private

  # Net::HTTP follows no redirect by itself.
  def send_request(jar, uri, auth, left = REDIRECTS)
    get = Net::HTTP::Get.new(uri)
    cookies = HTTP::Cookie.cookie_value(jar.cookies(uri))
    get['Cookie'] = cookies unless cookies.empty?
    get.basic_auth(auth.user, auth.password) if auth
    tls = uri.scheme == 'https'
    answer = Net::HTTP.start(uri.host, uri.port, nil, use_ssl: tls) { |http| http.request(get) }
    answer.get_fields('Set-Cookie')&.each { |field| jar.parse(field, uri) }
    return unless answer.is_a?(Net::HTTPRedirection) && left.positive?

    to = uri.merge(answer['Location'])
    same = [to.scheme, to.host, to.port] == [uri.scheme, uri.host, uri.port]
    send_request(jar, to, same ? auth : nil, left - 1)
  end
end

Interloper.serve(Client.new)
