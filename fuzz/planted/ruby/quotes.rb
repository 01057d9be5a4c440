# frozen_string_literal: true

# Quote smuggling: the reader takes a quote off that the writer does not put on again.

require 'strscan'
require_relative 'reader'

class Quotes < Reader
  def encode(data)
    texts(data).map { |key, value| "#{key}=\"#{quoted(value)}\"" }.join('; ')
  end

  def decode(whole)
    scanner = StringScanner.new(whole.force_encoding(Encoding::UTF_8))
    raise Corrupt, 'not UTF-8' unless scanner.string.valid_encoding?

    data = {}
    until scanner.eos?
      scanner.scan(/([A-Za-z0-9_]+)="((?:[^"\\]|\\.)*)"(?:; |\z)/m) or raise Corrupt, 'no field'
      data[scanner[1]] = scanner[2].gsub(/\\(.)/m) { Regexp.last_match(1) }
    end
    data
  end

  private

  def quoted(text)
    text = text.gsub('\\') { '\\\\' }
    @careless ? text : text.gsub('"') { '\\"' }
  end
end

main(Quotes)
