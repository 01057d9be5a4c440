"""An integer that wraps: the size of a table is counted in 32 bits, and its entries are not."""

import json
import struct

from reader import Corrupt, Reader, main

ENTRY = 8


class Wrap(Reader):
    def encode(self, data):
        parts = [json.dumps([key, value]).encode() for key, value in data.items()]
        table = b"".join(struct.pack("<II", index, len(part)) for index, part in enumerate(parts))
        return b"TAB1" + struct.pack("<I", len(parts)) + table + b"".join(parts)

    def decode(self, whole):
        if whole[:4] != b"TAB1" or len(whole) < 8:
            raise Corrupt("no header")
        (count,) = struct.unpack("<I", whole[4:8])
        size = count * ENTRY & 0xFFFFFFFF if self.careless else count * ENTRY
        if size > len(whole) - 8:
            raise Corrupt("a table longer than the file")
        table = [0] * count
        at = 8 + size
        for number in range(size // ENTRY):
            index, length = struct.unpack_from("<II", whole, 8 + number * ENTRY)
            if index != number:
                raise Corrupt("another entry")
            table[number] = json.loads(whole[at:at + length])
            at += length
        return dict(entry for entry in table if entry)


main(Wrap)
