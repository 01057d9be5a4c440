# frozen_string_literal: true

# The driver of a store in Ruby. Put your store's calls in place of the lines that read and write the file.

require_relative 'interloper_driver'

class Files < Interloper::Store
  def hello
    { name: 'files', version: '1.0.0', keeps: ['data'], ops: %w[save load delete],
      setups: [{ name: 'file', at: 'file', one_session: true }] }
  end

  def open(at)
    @path = at.path
  end

  def save(_id, session)
    File.write(@path, JSON.generate(session['data']))
  end

  def load(_id)
    { data: JSON.parse(File.read(@path)) }
  rescue JSON::ParserError => e
    raise Interloper::Failure.new('corrupt', e.message)
  end

  def delete(_id)
    File.delete(@path) if File.exist?(@path)
  end
end

Interloper.serve(Files.new)
