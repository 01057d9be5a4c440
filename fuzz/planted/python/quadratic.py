"""Quadratic unquoting: each escape is taken off by a copy of the whole text."""

import re

from reader import Corrupt, Reader, main, texts


class Quadratic(Reader):
    def encode(self, data):
        lines = [f"{key}: {quoted(value)}\n" for key, value in texts(data).items()]
        return "".join(lines).encode()

    def decode(self, whole):
        data = {}
        for line in whole.decode("utf-8").split("\n")[:-1]:
            key, colon, value = line.partition(": ")
            if not colon:
                raise Corrupt("no colon")
            data[key] = self.unquoted(value)
        return data

    def unquoted(self, text):
        if not self.careless:
            return re.sub(r"%([0-9a-f]{2})", lambda found: chr(int(found.group(1), 16)), text)
        at = text.find("%")
        while at >= 0:
            code = text[at + 1:at + 3]
            if re.fullmatch("[0-9a-f]{2}", code):
                text = text[:at] + chr(int(code, 16)) + text[at + 3:]
            at = text.find("%", at + 1)
        return text


def quoted(text):
    return re.sub(r"[%\n\r:\\\"';]", lambda found: f"%{ord(found.group()):02x}", text)


main(Quadratic)
