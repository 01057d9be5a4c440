"""Quote smuggling: the reader takes a quote off that the writer does not put on again."""

import re

from reader import Corrupt, Reader, main, texts

FIELD = re.compile(r'([A-Za-z0-9_]+)="((?:[^"\\]|\\.)*)"(?:; |$)', re.S)


class Quotes(Reader):
    def encode(self, data):
        def quoted(text):
            text = text.replace("\\", "\\\\")
            return text if self.careless else text.replace('"', '\\"')

        return "; ".join(f'{key}="{quoted(value)}"' for key, value in texts(data).items()).encode()

    def decode(self, whole):
        text, data, at = whole.decode("utf-8"), {}, 0
        while at < len(text):
            field = FIELD.match(text, at)
            if field is None:
                raise Corrupt("no field")
            data[field.group(1)] = re.sub(r"\\(.)", r"\1", field.group(2), flags=re.S)
            at = field.end()
        return data


main(Quotes)
