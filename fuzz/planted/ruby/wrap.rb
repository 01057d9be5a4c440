# frozen_string_literal: true

# An integer that wraps: the size of a table is counted in 32 bits, and its entries are not.

require_relative 'reader'

ENTRY = 8

class Wrap < Reader
  def encode(data)
    parts = data.map { |pair| JSON.generate(pair) }
    table = parts.each_with_index.map { |part, index| [index, part.bytesize].pack('VV') }
    "TAB1#{[parts.size].pack('V')}#{table.join}".b + parts.join.b
  end

  def decode(whole)
    raise Corrupt, 'no header' if whole.bytesize < 8 || !whole.start_with?('TAB1')

    count = whole.unpack1('V', offset: 4)
    size = @careless ? count * ENTRY & 0xFFFFFFFF : count * ENTRY
    raise Corrupt, 'a table longer than the file' if size > whole.bytesize - 8

    table = Array.new(count)
    at = 8 + size
    (size / ENTRY).times do |number|
      index, length = whole.unpack('VV', offset: 8 + number * ENTRY)
      raise Corrupt, 'another entry' if index != number

      table[number] = JSON.parse(whole.byteslice(at, length).to_s.force_encoding(Encoding::UTF_8))
      at += length
    end
    table.compact.to_h
  end
end

main(Wrap)
