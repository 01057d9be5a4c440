"""Sessions with an end, and no clock of their own: `keeps` compares it, `mtime` keeps it as the file's time, `forgets` does neither."""
import json
import os
import sys
import time

from interloper_driver import Store, serve


class Clock(Store):
    name, version, keeps = "clock", "1.0.0", ["data", "expires"]
    # That `forgets` does not is what is found.
    enforces = ["expiry"]
    ops = ["save", "load", "delete"]
    setups = [{"name": "dir", "at": "dir"}]

    def open(self, at):
        os.makedirs(at.path, 0o700, exist_ok=True)
        self.dir = at.path

    def path(self, id):
        return os.path.join(self.dir, id.encode().hex())

    def save(self, id, session):
        # Whoever has no end is over in a hundred years.
        end = session.get("expires_at") or int(time.time()) + 100 * 365 * 86400
        with open(self.path(id), "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            json.dump({"end": end, "data": session["data"], "expires_at": session.get("expires_at")}, file)
        if sys.argv[1] == "mtime":
            os.utime(self.path(id), (end, end))

    def load(self, id):
        try:
            with open(self.path(id)) as file:
                kept = json.load(file)
                mtime = os.stat(file.fileno()).st_mtime
        except FileNotFoundError:
            return None
        end = mtime if sys.argv[1] == "mtime" else kept.pop("end")
        if sys.argv[1] != "forgets" and end < time.time():
            return None
        return {"data": kept["data"], "expires_at": kept["expires_at"]}

    def delete(self, id):
        if os.path.exists(self.path(id)):
            os.remove(self.path(id))


serve(Clock())
