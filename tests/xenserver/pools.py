"""A simulated pool, and what a test does to it behind its back."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import orjson
import urllib3
from pydantic import SecretStr

from config.passwords import FromMessage
from config.targets import Target

PASSWORD = "xenflow"


@dataclass(frozen=True)
class Pool:
    """A pool that is served at `url`; its members at the same port of other loopback addresses."""

    url: str

    def target(self, *urls: str, password: str = PASSWORD, **more: object) -> Target:
        """Return the target of the pool, by default at its coordinator."""
        source = FromMessage(SecretStr(password))
        profile = {"name": "lab", "url": urls or self.url, "user": "root", "source": source, **more}
        return Target.model_validate(profile)

    def member(self, number: int) -> str:
        """Return the URL of a host of the pool; number 1 is the coordinator at first."""
        return self.url.replace("127.0.0.1", f"127.0.0.{number}")

    def do(self, command: str, **parameters: object) -> Any:
        """Send a command to the simulator's control API."""
        body = orjson.dumps({"do": command, **parameters})
        reply = urllib3.request("POST", f"{self.url}/control", body=body)
        assert reply.status == 200, reply.data
        return orjson.loads(reply.data)

    @property
    def calls(self) -> Counter[str]:
        """How often each method was called."""
        return Counter(self.do("stats")["calls"])
