"""A pickle in a container: compressed, in base64, in a document of JSON."""

import base64
import json
import pickle
import zlib

from reader import Reader, main


class Container(Reader):
    def encode(self, data):
        inner = pickle.dumps(data) if self.careless else json.dumps(data).encode()
        blob = base64.b64encode(zlib.compress(inner)).decode()
        return json.dumps({"version": 1, "blob": blob}).encode()

    def decode(self, whole):
        document = json.loads(whole)
        if document["version"] != 1:
            raise ValueError("another version")
        try:
            inner = zlib.decompress(base64.b64decode(document["blob"], validate=True))
        except zlib.error as error:
            raise ValueError(error) from None
        try:
            return dict(pickle.loads(inner) if self.careless else json.loads(inner))
        except Exception as error:
            raise ValueError(type(error).__name__) from None


main(Container)
