"""A signature's beginning accepted: as many digits are compared as there are."""

import base64
import hashlib
import hmac
import json

from reader import Corrupt, Reader, main

KEY = b"a key for this test only"


class Signature(Reader):
    enforces = ["integrity"]

    def encode(self, data):
        value = base64.urlsafe_b64encode(json.dumps(data).encode())
        return value + b"." + sign(value)

    def decode(self, whole):
        value, dot, signature = whole.rpartition(b".")
        if not dot:
            raise Corrupt("no signature")
        right = sign(value)
        good = right.startswith(signature) if self.careless else hmac.compare_digest(right, signature)
        if not good:
            raise Corrupt("another signature")
        return dict(json.loads(base64.urlsafe_b64decode(value)))


def sign(value):
    return hmac.new(KEY, value, hashlib.sha256).hexdigest().encode()


main(Signature)
