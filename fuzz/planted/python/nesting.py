"""Unbounded nesting: the limit on recursion was raised for sessions that are deep, and the stack is not."""

import json
import sys

from reader import Reader, main


class Nesting(Reader):
    def encode(self, data):
        return json.dumps(data).encode()

    def decode(self, whole):
        if self.careless:
            sys.setrecursionlimit(10_000_000)
        try:
            return dict(json.loads(whole))
        except RecursionError:
            raise ValueError("too deep") from None


main(Nesting)
