# frozen_string_literal: true

# A length believed: room is made for as many bytes as the file says that there are.

require_relative 'reader'

class Length < Reader
  def encode(data)
    body = JSON.generate(data)
    "SES1#{[body.bytesize].pack('V')}".b + body.b
  end

  def decode(whole)
    raise Corrupt, 'no header' if whole.bytesize < 8 || !whole.start_with?('SES1')

    length = whole.unpack1('V', offset: 4)
    raise Corrupt, 'another length' if !@careless && length != whole.bytesize - 8

    body = "\0".b * length
    rest = whole.byteslice(8, length)
    body[0, rest.bytesize] = rest
    entries(body)
  end
end

main(Length)
