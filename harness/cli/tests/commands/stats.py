"""A careful store that looks at many files of the system after each look at its own, as a runtime does that imports what it needs."""
import os

from careful import Careful
from interloper_driver import serve


class Stats(Careful):
    name = "stats"

    def look(self):
        os.stat(os.path.dirname(self.path))
        for _ in range(2000):
            os.stat("/usr/bin")

    def save(self, id, session):
        self.look()
        super().save(id, session)

    def load(self, id):
        self.look()
        return super().load(id)


serve(Stats())
