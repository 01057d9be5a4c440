"""Sessions as secrets of moto, an emulator of AWS Secrets Manager, with boto3: `driver.py`, as AWS's pages show it.

The emulator keeps everything in memory and checks no signature: what it shows is what the API keeps, and neither who may ask AWS nor what AWS
writes to a disk. `recovery` deletes as the API does by default, `forced` with ForceDeleteWithoutRecovery.
"""

import json
import os
import sys
from importlib.metadata import version

import boto3
import botocore.exceptions
from botocore.config import Config
from interloper_driver import Failure, Store, serve, start_server

AT = "http://127.0.0.1:5000"
KEYS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": "us-east-1", "endpoint_url": AT}
CLIENT = (f"import boto3; c = boto3.client('secretsmanager', **{KEYS!r})\n"
          "def say(**what):\n"
          " try: print(c.get_secret_value(SecretId='session/alpha', **what)['SecretString'])\n"
          " except Exception as error: print(error)\n")
ASK = "say()\n"
RECOVER = ("try: c.restore_secret(SecretId='session/alpha')\n"
           "except Exception as error: print(error)\n"
           "say(); say(VersionStage='AWSPREVIOUS')\n")


class SecretsManager(Store):
    """One emulator, and its secrets."""

    name, version, medium = "moto", version("moto"), "server"
    keeps, ops = ["data"], ["save", "load", "update", "delete", "list"]
    setups = [{"name": name, "at": "none", "params": {"way": name}} for name in ("recovery", "forced")]
    can = ("fork", "umask", "server")
    doors = [{"name": "port", "path": "127.0.0.1:5000", "ask": [sys.executable, "-c", CLIENT + ASK],
              "recover": [sys.executable, "-c", CLIENT + RECOVER]}]

    def open(self, at):
        self.forced = at.params["way"] == "forced"
        self.client = boto3.client("secretsmanager", config=Config(retries={"max_attempts": 0}), **KEYS)
        if self._answers():
            return None
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "5000"]
        return start_server(command, self._answers, os.path.join(at.home, "moto.log"))

    def save(self, id, session):
        name, text = key(id), json.dumps(session["data"])
        try:
            self._do("create_secret", Name=name, SecretString=text)
        except Exists:
            self._do("put_secret_value", SecretId=name, SecretString=text)

    def load(self, id):
        found = self._do("get_secret_value", SecretId=key(id))
        return found and {"data": json.loads(found["SecretString"])}

    def update(self, id, set):
        found = self.load(id)
        if found is None:
            raise Failure("absent")
        self._do("put_secret_value", SecretId=key(id), SecretString=json.dumps({**found["data"], **set.get("data", {})}))

    def delete(self, id):
        self._do("delete_secret", SecretId=key(id), **({"ForceDeleteWithoutRecovery": True} if self.forced else {}))

    def list(self):
        pages = self.client.get_paginator("list_secrets").paginate()
        return [secret["Name"].partition("/")[2] for page in pages for secret in page["SecretList"]]

    def _do(self, call, **what):
        """The answer; None if there is no such secret, or none that is not deleted."""
        try:
            return getattr(self.client, call)(**what)
        except self.client.exceptions.ResourceExistsException:
            raise Exists from None
        except self.client.exceptions.ResourceNotFoundException:
            return None
        except self.client.exceptions.InvalidRequestException as error:
            if call in ("get_secret_value", "delete_secret"):
                return None  # marked for deletion already
            raise Failure("conflict", str(error)) from None
        except (botocore.exceptions.ClientError, botocore.exceptions.ParamValidationError) as error:
            raise Failure("invalid", str(error)) from None
        except botocore.exceptions.BotoCoreError as error:
            raise Failure("io", str(error)) from None

    def _answers(self):
        try:
            return bool(self.client.list_secrets())
        except botocore.exceptions.BotoCoreError:
            return False


class Exists(Exception):
    """There is a secret of that name."""


def key(id):
    """The name of a session's secret."""
    return f"session/{id}"


if __name__ == "__main__":
    serve(SecretsManager())
