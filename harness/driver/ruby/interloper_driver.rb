# frozen_string_literal: true

# Hosts a session store in Ruby for Interloper: driver protocol 2, standard library only, Ruby 3.0 and later.
#
# A driver is a store and one call:
#
#     require_relative 'interloper_driver'
#
#     class Files < Interloper::Store
#       def hello
#         { name: 'files', version: '1.0.0', keeps: ['data'], ops: %w[save load],
#           setups: [{ name: 'file', at: 'file', one_session: true }] }
#       end
#
#       def open(at) = @path = at.path
#       def save(_id, session) = File.write(@path, JSON.generate(session['data']))
#       def load(_id) = { data: JSON.parse(File.read(@path)) }
#     end
#
#     Interloper.serve(Files.new)

require 'json'
require 'rbconfig'

module Interloper
  PROTOCOL = 2
  MAX_LINE = 16 << 20
  REQUEST_FD = 3
  ANSWER_FD = 4
  # The longest error message that is sent, in characters: some errors quote the whole file.
  MESSAGE = 1000
  DEPTH = 4096

  KINDS = {
    Errno::ENOENT => 'absent', Errno::EACCES => 'denied', Errno::EPERM => 'denied',
    Errno::EINVAL => 'invalid', Errno::ENAMETOOLONG => 'invalid'
  }.freeze

  # What `open` gets. The umask is already set; `path` is nil if the harness names none.
  Open = Struct.new(:setup, :home, :path, :umask, :read_only, :params, keyword_init: true)

  # What a client is asked to send. `auth` is nil, or has `user` and `password`; `cookie` is nil, or `name=value`.
  Fetch = Struct.new(:url, :auth, :cookie, :read_only, keyword_init: true)
  Credentials = Struct.new(:user, :password, keyword_init: true)

  # An answer that says no. Kinds: unsupported corrupt denied conflict absent invalid io other.
  class Failure < StandardError
    attr_reader :kind

    def initialize(kind, message = '')
      super(message.to_s)
      @kind = kind
    end
  end

  # A store under test. Write `hello`, `open`, `save` and `load`, and every other operation that `hello[:ops]` names.
  #
  # Sessions are hashes as JSON has them, with every part present. `load` returns one with the parts that the store keeps, or nil
  # if there is no such session. `fetch`, of a client, gets a Fetch. `parse`, of a parser, gets the name of a header and its bytes, and returns pairs of a name and a value.
  # `create` gets the requested id, or nil, and returns the id; `rotate` returns the new id.
  class Store
    def hello = raise(Failure, 'unsupported')
    def open(_at) = raise(Failure, 'unsupported')
    def save(_id, _session) = raise(Failure, 'unsupported')
    def load(_id) = raise(Failure, 'unsupported')
    def update(_id, _set) = raise(Failure, 'unsupported')
    def delete(_id) = raise(Failure, 'unsupported')
    def create(_requested, _session) = raise(Failure, 'unsupported')
    def rotate(_id) = raise(Failure, 'unsupported')
    def list = raise(Failure, 'unsupported')
    def purge = raise(Failure, 'unsupported')
    def advance(_seconds) = raise(Failure, 'unsupported')
    def parse(_header, _value) = raise(Failure, 'unsupported')
    def fetch(_request) = raise(Failure, 'unsupported')
    def close; end
  end

  module_function

  # Serves the store on descriptors 3 and 4 until the harness closes them: the whole main program of a driver.
  def serve(store)
    requests = IO.for_fd(REQUEST_FD, 'rb')
    answers = IO.for_fd(ANSWER_FD, 'wb')
    # A program that the store starts must not be able to hold the harness's pipes.
    [requests, answers].each { |io| io.close_on_exec = true }
    answers.sync = true
    Server.new(store, requests, answers).run
  rescue Errno::EBADF
    abort 'an Interloper driver: it reads requests on descriptor 3, answers on 4'
  end

  # The places of the store's code that run, for a search that goes by them: lines, by a trace of them, each with how often it ran in one
  # operation as a power of two. (The library `coverage` sees no file that was read before it began, such as the driver itself.) Ruby's own
  # library and this file are not the store's code.
  class Places
    def initialize
      @known = {}
      @counts = Hash.new { |counts, path| counts[path] = Hash.new(0) }
      library = RbConfig::CONFIG.values_at('rubylibdir', 'rubyarchdir').compact
      @own = Hash.new { |own, path| own[path] = path != __FILE__ && !path.start_with?('<', *library) }
      @trace = TracePoint.new(:line) { |at| @counts[at.path][at.lineno] += 1 if @own[at.path] }
    end

    def during(&operation)
      @trace.enable(&operation)
    end

    # The places that ran for the first time in this process since the last call.
    def taken
      places = @counts.flat_map { |path, lines| lines.map { |line, count| "#{path}:#{line}*#{count.bit_length}" } }
      @counts.clear
      places.reject { |place| @known.key?(place) }.each { |place| @known[place] = true }
    end
  end

  # The loop of a driver.
  class Server
    def initialize(store, requests, answers)
      @store, @requests, @answers = store, requests, answers
      @forked = false
      @places = nil
    end

    # Answers one line after the other. One request is sent at a time, so the buffer is empty after a line, and a child takes none
    # of its parent's.
    def run
      while (line = @requests.gets("\n", MAX_LINE + 1))
        op, answer = respond(line)
        next if answer.nil?

        # What the store printed is evidence, and the harness may kill this process after the answer.
        flush
        @answers.write(answer)
        leave if @forked && op == 'close'
      end
      leave if @forked
    end

    private

    # The operation of a line, and its answer; the answer to a fork is the child's.
    def respond(line)
      n = 0
      op = nil
      request = parse(line)
      n, op = request.values_at('n', 'op')
      if op == 'fork'
        return [op, nil] unless fork_child

        [op, encode(n: n, ok: { pid: Process.pid })]
      elsif op == 'watch'
        @places ||= Places.new
        [op, encode(n: n, ok: {})]
      elsif @places
        ok = @places.during { perform(op, request) }
        [op, encode(n: n, ok: ok, ran: @places.taken)]
      else
        [op, encode(n: n, ok: perform(op, request))]
      end
    # A library that calls exit has answered, too, and the driver outlives it.
    rescue StandardError, ScriptError, SystemExit, SystemStackError, NoMemoryError => e
      ran = @places ? { ran: @places.taken } : {}
      [op, encode(n: n, err: failure(e), **ran)]
    end

    # Whether this is the child. The parent serves on when the child has ended.
    def fork_child
      flush
      pid = fork
      if pid.nil?
        # Two children of one parent must not draw the same ids or names.
        srand
        return @forked = true
      end
      _, status = Process.wait2(pid)
      # The child may have died in the middle of a line: the newline ends it.
      @answers.write("\n#{encode(event: 'child', status: status.to_i)}")
      false
    end

    # Ends a forked child without the exit handlers that it inherited: those belong to the parent.
    def leave
      flush
      exit!(0)
    end

    def flush
      [$stdout, $stderr].each do |stream|
        stream.flush
      rescue IOError, SystemCallError
        # Broken or closed: nothing to save.
      end
    end

    def parse(line)
      request = JSON.parse(line.force_encoding(Encoding::UTF_8), max_nesting: DEPTH)
      is_request = request.is_a?(Hash) && request['n'].is_a?(Integer) && request['n'] >= 0 && request['op'].is_a?(String)
      raise Failure.new('invalid', 'not a request: n or op is of another type') unless is_request

      request
    rescue JSON::ParserError, EncodingError => e
      raise Failure.new('invalid', "not a request: #{e.message}")
    end

    # Performs an operation and returns what `ok` holds.
    def perform(op, request)
      case op
      when 'hello' then hello(request)
      when 'open' then open(request)
      when 'save' then nothing { @store.save(text(request, 'id'), session(request)) }
      when 'load' then loaded(@store.load(text(request, 'id')))
      when 'update' then nothing { @store.update(text(request, 'id'), parts(request, 'set')) }
      when 'delete' then nothing { @store.delete(text(request, 'id')) }
      when 'create' then { id: @store.create(request['id'], session(request)) }
      when 'rotate' then { id: @store.rotate(text(request, 'id')) }
      when 'list' then { ids: @store.list.to_a }
      when 'purge' then nothing { @store.purge }
      when 'advance' then nothing { @store.advance(request['seconds']) }
      when 'parse' then { pairs: @store.parse(text(request, 'header'), bytes(request)).map { |pair| pair.map { |part| written(part) } } }
      when 'fetch' then nothing { @store.fetch(fetch(request)) }
      when 'close' then nothing { @store.close }
      else raise Failure.new('unsupported', "no operation #{op.inspect}")
      end
    end

    def nothing
      yield
      {}
    end

    def hello(request)
      asked = request['protocol']
      raise Failure.new('unsupported', "this driver speaks protocol #{PROTOCOL}, not #{asked.inspect}") if asked != PROTOCOL

      runtime = "ruby #{RUBY_VERSION} #{RbConfig.ruby}"
      can = Process.respond_to?(:fork) ? %w[fork umask] : %w[umask]
      { can: can }.merge(@store.hello, { runtime: runtime, now: Time.now.to_i })
    end

    def open(request)
      umask = text(request, 'umask')
      raise Failure.new('invalid', "umask #{umask.inspect} is not octal") unless umask.match?(/\A0*[0-7]{1,3}\z/)

      # Before the store, or anything else, can make a file.
      File.umask(umask.oct)
      nothing do
        @store.open(Open.new(
          setup: text(request, 'setup'), home: text(request, 'home'), path: request['at'], umask: umask.oct,
          read_only: request['read_only'] == true, params: request['params'] || {}
        ))
      end
    end

    def loaded(session) = session.nil? ? { absent: true } : { session: session }

    def text(request, name)
      value = request[name]
      raise Failure.new('invalid', "not a request: #{name} is missing or of another type") unless value.is_a?(String)

      value
    end

    # What a client is asked to send.
    def fetch(request)
      auth = request['auth']
      auth &&= Credentials.new(user: text(auth, 'user'), password: text(auth, 'password'))
      Fetch.new(url: text(request, 'url'), auth: auth, cookie: request['cookie'], read_only: request['read_only'] == true)
    end

    # The value of a header: a text, or base64 of what is none.
    def bytes(request)
      value = request['value']
      return value['b64'].unpack1('m0') if value.is_a?(Hash) && value['b64'].is_a?(String)

      text(request, 'value').b
    rescue ArgumentError
      raise Failure.new('invalid', 'not a request: value is no base64')
    end

    # A name or a value for the answer: whatever bytes they are.
    def written(part)
      text = part.to_s.dup.force_encoding(Encoding::UTF_8)
      text.valid_encoding? ? text : { b64: [text].pack('m0') }
    end

    # The session of a request with every part present.
    def session(request)
      { 'data' => {}, 'cookies' => [], 'headers' => [], 'auth' => nil, 'expires_at' => nil }.merge(parts(request, 'session'))
    end

    # A session of a request with the parts that are there.
    def parts(request, name)
      value = request[name]
      raise Failure.new('invalid', "not a request: #{name} is missing or of another type") unless value.is_a?(Hash)

      value
    end

    # What `err` holds.
    def failure(error)
      return { kind: error.kind, message: error.message[0, MESSAGE] } if error.is_a?(Failure)

      kind = error.is_a?(SystemCallError) ? KINDS.fetch(error.class, 'io') : 'other'
      { kind: kind, message: "#{error.class}: #{error.message}"[0, MESSAGE] }
    end

    # The answer as one line.
    def encode(answer)
      line = "#{JSON.generate(clean(answer), max_nesting: DEPTH)}\n"
      return line if line.bytesize <= MAX_LINE

      raise Failure.new('other', "the answer is #{line.bytesize} bytes long, and a line at most #{MAX_LINE}")
    end

    # The value with every text in UTF-8: the generator takes nothing else. Bytes that are none become U+FFFD.
    def clean(value)
      case value
      when String then text_of(value)
      when Symbol then clean(value.to_s)
      when Hash then value.to_h { |key, item| [clean(key), clean(item)] }
      when Array then value.map { |item| clean(item) }
      else value
      end
    end

    def text_of(value)
      return value.dup.force_encoding(Encoding::UTF_8).scrub if value.encoding == Encoding::BINARY

      value.encode(Encoding::UTF_8, invalid: :replace, undef: :replace).scrub
    end
  end
end
