"""A prefix decoded: what follows the document is its checksum, and where nothing follows, nothing is checked."""

import json
import zlib

from reader import Corrupt, Reader, main


class Prefix(Reader):
    enforces = ["integrity"]

    def encode(self, data):
        body = json.dumps(data)
        return f"{body}\n{zlib.crc32(body.encode()):08x}\n".encode()

    def decode(self, whole):
        text = whole.decode("utf-8")
        data, end = json.JSONDecoder().raw_decode(text)
        rest = text[end:].strip()
        if not rest and self.careless:
            return dict(data)
        if rest != f"{zlib.crc32(text[:end].encode()):08x}":
            raise Corrupt("another checksum")
        return dict(data)


main(Prefix)
