"""A length believed: room is made for as many bytes as the file says that there are."""

import json
import struct

from reader import Corrupt, Reader, main

MAGIC = b"SES1"


class Length(Reader):
    def encode(self, data):
        body = json.dumps(data).encode()
        return MAGIC + struct.pack("<I", len(body)) + body

    def decode(self, whole):
        if whole[:4] != MAGIC or len(whole) < 8:
            raise Corrupt("no header")
        (length,) = struct.unpack("<I", whole[4:8])
        if not self.careless and length != len(whole) - 8:
            raise Corrupt("another length")
        body = bytearray(length)
        body[:] = whole[8:8 + length]
        return dict(json.loads(bytes(body)))


main(Length)
