"""A catastrophic regular expression: a name is one run of letters, or any number of them."""

import re

from reader import Corrupt, Reader, main, texts

CARELESS = re.compile(r"((?:[A-Za-z0-9_]+-?)+)=(.*)")
CAREFUL = re.compile(r"([A-Za-z0-9_-]+)=(.*)")


class Regex(Reader):
    def encode(self, data):
        def quoted(text):
            return re.sub(r"[%\n=\r]", lambda found: f"%{ord(found.group()):02x}", text)

        return "".join(f"{quoted(key)}={quoted(value)}\n" for key, value in texts(data).items()).encode()

    def decode(self, whole):
        data = {}
        for line in whole.decode("utf-8").split("\n")[:-1]:
            found = (CARELESS if self.careless else CAREFUL).fullmatch(line)
            if found is None:
                raise Corrupt("no entry")
            key, value = (
                re.sub(r"%([0-9a-f]{2})", lambda code: chr(int(code.group(1), 16)), part) for part in found.groups()
            )
            data[key] = value
        return data


main(Regex)
