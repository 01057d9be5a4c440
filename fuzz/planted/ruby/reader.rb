# frozen_string_literal: true

# What the planted readers in Ruby share: a session in a file of its own, read and written by `decode` and `encode`.

require 'json'
require_relative 'interloper_driver'

# The file is not what the store writes.
class Corrupt < StandardError; end

# A store of one file for each session. `careless` says whether the fault is there.
class Reader < Interloper::Store
  def initialize(careless)
    super()
    @careless = careless
  end

  def hello
    name = "#{File.basename($PROGRAM_NAME, '.rb')}-#{@careless ? 'careless' : 'careful'}"
    { name: name, version: '1', keeps: ['data'], ops: %w[save load delete], setups: [{ name: 'dir', at: 'dir' }] }
  end

  def open(at)
    @dir = at.path
    Dir.mkdir(@dir, 0o700) unless Dir.exist?(@dir)
  end

  def path(id) = File.join(@dir, "#{id}.session")

  def save(id, session) = put(path(id), encode(session['data']))

  def load(id)
    return nil unless File.exist?(path(id))

    { data: decode(File.binread(path(id))) }
  rescue Corrupt, JSON::ParserError, EncodingError, ArgumentError, TypeError, RangeError, NoMethodError => e
    raise Interloper::Failure.new('corrupt', "#{e.class}: #{e.message[0, 200]}")
  end

  def delete(id) = File.delete(path(id))

  private

  # Replaces a file, atomically.
  def put(path, whole)
    File.open("#{path}.new", File::WRONLY | File::CREAT | File::TRUNC | File::BINARY, 0o600) { |file| file.write(whole) }
    File.rename("#{path}.new", path)
  end

  # The entries of a document.
  def entries(document)
    data = JSON.parse(document.dup.force_encoding(Encoding::UTF_8))
    raise Corrupt, 'no entries' unless data.is_a?(Hash)

    data
  end

  # The entries, where all are texts.
  def texts(data)
    raise Interloper::Failure.new('invalid', 'only texts are kept') unless data.values.all?(String)

    data
  end
end

# Serves a reader: `careless` or `careful` is the argument.
def main(reader) = Interloper.serve(reader.new(ARGV[0] == 'careless'))
