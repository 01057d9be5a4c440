"""A reader of cookies that somebody wrote in a minute: a map, and names decoded as the values are."""

import sys
from urllib.parse import unquote

from interloper_driver import Failure, Store, serve


class Reader(Store):
    name, version, kind, medium = "reader", "1.0.0", "parser", "memory"
    parses, ops = ["cookie"], ["parse"]
    setups = [{"name": "default", "at": "none"}]
    decodes = sys.argv[1] == "decodes"

    def open(self, at):
        if sys.argv[1] == "elsewhere":
            raise Failure("unsupported", "it needs a printer")

    def parse(self, header, value):
        text, read = value.decode("latin-1"), {}
        for piece in text.split(";"):
            name, equals, value = piece.partition("=")
            name, value = name.strip(" \t"), value.strip(" \t")
            if equals and name:
                read.setdefault(unquote(name) if self.decodes else name, value)
        return [(name.encode("latin-1", "replace"), value.encode("latin-1")) for name, value in read.items()]


serve(Reader())
