"""An encoding error that empties the file: what cannot be read is begun anew."""

import json

from reader import Corrupt, Reader, main


class Encoding(Reader):
    def encode(self, data):
        return ("#session v1\n" + json.dumps(data, ensure_ascii=False)).encode()

    def load(self, id):
        try:
            return super().load(id)
        except Emptied:
            with open(self.path(id), "w"):
                return None

    def decode(self, whole):
        header, _, body = whole.partition(b"\n")
        if header != b"#session v1":
            raise Corrupt("no header")
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError as error:
            if self.careless:
                raise Emptied from error
            raise
        return dict(json.loads(text))


class Emptied(Exception):
    """The file is not of this encoding."""


main(Encoding)
