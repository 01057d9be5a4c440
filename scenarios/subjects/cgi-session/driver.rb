# frozen_string_literal: true

# CGI::Session of Ruby's standard library, as its documentation shows it, with every option at its default but the directory.
#
# Each operation is one request to an application: CGI::Session.new takes the id from the request's cookie, values are read and set, and
# the session is closed at the end, which writes it. It is closed after an error, too: the library does that when the process ends.

require_relative 'interloper_driver'
require 'cgi'
require 'cgi/session'
require 'cgi/session/pstore'

class CgiSession < Interloper::Store
  COOKIE = '_session_id'

  def initialize(manager)
    @manager = manager
  end

  def hello
    name = @manager == CGI::Session::PStore ? 'cgi-session-pstore' : 'cgi-session-file'
    setups = [{ name: 'dir', at: 'dir', made_by: 'caller' }, { name: 'tmp', at: 'tmp' }]
    { name: name, version: RUBY_VERSION, keeps: ['data'], ops: %w[save load update delete create rotate], ids: 'both',
      id_is_credential: true, setups: setups }
  end

  def open(at)
    @options = { 'database_manager' => @manager }
    @options['tmpdir'] = at.path unless at.path.nil?
  end

  # As the documentation has it: a new session if there is none, or the one that is there.
  def save(id, session)
    request(id) { |open| values(open).replace(session['data']) }
  end

  def load(id)
    { data: existing(id) { |open| values(open).dup } }
  end

  def update(id, set)
    existing(id) { |open| set.fetch('data', {}).each { |name, value| open[name] = value } }
  end

  def delete(id)
    existing(id, &:delete)
  rescue Interloper::Failure => e
    raise unless e.kind == 'absent'
  end

  # A login by a browser that sends a cookie with the requested id, or none.
  def create(requested, session)
    request(requested) do |open|
      values(open).replace(session['data'])
      open.session_id
    end
  end

  # What the documentation calls creating a new session safely, with the values carried over.
  def rotate(id)
    data = existing(id) do |open|
      kept = values(open).dup
      open.delete
      kept
    end
    request(id, 'new_session' => true) do |open|
      values(open).replace(data)
      open.session_id
    end
  end

  private

  def existing(id, &block)
    request(id, 'new_session' => false, &block)
  end

  # One request, with the session of this id in its cookie.
  def request(id, options = {})
    ENV['REQUEST_METHOD'] = 'GET'
    ENV['QUERY_STRING'] = ''
    ENV['HTTP_COOKIE'] = id.nil? ? nil : "#{COOKIE}=#{CGI.escape(id)}"
    begin
      session = CGI::Session.new(CGI.new, @options.merge(options))
    rescue ArgumentError => e
      raise Interloper::Failure.new(e.message.start_with?('invalid session_id') ? 'absent' : 'invalid', e.message)
    end
    begin
      yield session
    rescue TypeError, ArgumentError, EOFError => e
      # What Marshal says of bytes that are not its own.
      raise Interloper::Failure.new('corrupt', e.message)
    ensure
      # `delete` has taken it off this list already, and the library closes what is on it when the process ends.
      session.close unless session.instance_variable_get(:@dbprot).empty?
    end
  end

  # The hash that the session writes: CGI::Session itself has no way to remove a value, and a save replaces all of them.
  def values(session)
    session.instance_variable_get(:@dbman).restore
  end
end

Interloper.serve(CgiSession.new(ARGV.include?('pstore') ? CGI::Session::PStore : CGI::Session::FileStore))
