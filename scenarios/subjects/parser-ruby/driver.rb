# frozen_string_literal: true

# Readers of cookies in Ruby, each as an application gets what it read.

require_relative 'interloper_driver'
require 'cgi'
require 'rack'

class CgiCookie < Interloper::Store
  def hello
    { name: 'parser-ruby-cgi', version: RUBY_VERSION, kind: 'parser', medium: 'memory', keeps: [], parses: ['cookie'], ops: ['parse'],
      setups: [{ name: 'default', at: 'none' }] }
  end

  def open(_at); end

  # A cookie is a list of values, which `&` separates.
  def parse(header, value)
    raise Interloper::Failure.new('unsupported', "it does not read #{header}") unless header == 'cookie'

    CGI::Cookie.parse(value).map { |name, cookie| [name, cookie.join('&')] }
  end
end

class RackCookies < Interloper::Store
  def hello
    { name: 'parser-rack', version: Rack.release, kind: 'parser', medium: 'memory', keeps: [], parses: ['cookie'], ops: ['parse'],
      setups: [{ name: 'default', at: 'none' }] }
  end

  def open(_at); end

  def parse(header, value)
    raise Interloper::Failure.new('unsupported', "it does not read #{header}") unless header == 'cookie'

    Rack::Request.new({ 'HTTP_COOKIE' => value }).cookies.to_a
  end
end

Interloper.serve(ARGV.first == 'rack' ? RackCookies.new : CgiCookie.new)
