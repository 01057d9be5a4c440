"""A stale index: it says where each session is, and nobody looks whose session is there."""

import json
import os

from reader import Corrupt, Failure, Reader, main, put


class Index(Reader):
    def open(self, at):
        super().open(at)
        self.index = os.path.join(self.dir, "index.json")
        self.records = os.path.join(self.dir, "records")

    def save(self, id, session):
        places = self.places()
        record = json.dumps({"id": id, "data": session["data"]}).encode()
        with open(os.open(self.records, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:
            places[id] = [file.tell(), len(record)]
            file.write(record)
        put(self.index, json.dumps(places).encode())

    def load(self, id):
        try:
            place = self.places().get(id)
            if place is None:
                return None
            start, length = place
            if not 0 <= start <= start + length:
                raise ValueError("no place")
            with open(self.records, "rb") as file:
                file.seek(start)
                record = json.loads(file.read(min(length, 1 << 20)))
            if not self.careless and record["id"] != id:
                raise Corrupt("another session")
            return {"data": dict(record["data"])}
        except (Corrupt, ValueError, KeyError, TypeError, AttributeError, OSError, RecursionError) as error:
            raise Failure("corrupt", f"{type(error).__name__}: {error}") from None

    def places(self):
        try:
            with open(self.index, "rb") as file:
                return json.load(file)
        except FileNotFoundError:
            return {}

    def delete(self, id):
        places = self.places()
        places.pop(id, None)
        put(self.index, json.dumps(places).encode())


main(Index)
