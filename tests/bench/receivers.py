"""Who receives webhooks in `webhooks.py`: our door, a bare view, and Probot from npm."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.bench.hooks import PATH, SECRET
from tests.bench.servers import ASKFIRST, HOST

PROBOT = Path(__file__).parent / "probot"
INSTALL = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--silent"]


@dataclass(frozen=True)
class Receiver:
    """How it is started on a port, and the status it answers a delivery with."""

    name: str
    command: Callable[[int], list[str]]
    status: int


OURS = Receiver("Askfirst", lambda port: [str(ASKFIRST), "web", "--port", str(port)], 202)
BARE = Receiver("bare view", lambda port: [sys.executable, "-m", "tests.bench.bare", str(port)], 202)


@contextmanager
def probot() -> Iterator[Receiver | None]:
    """Probot in a temporary folder, started as its users do; None without npm. It never reaches GitHub."""
    if not shutil.which("npm"):
        print("Probot is left out: it needs Node and npm.", file=sys.stderr)
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="askfirst-bench-") as folder:
        place = Path(folder, "probot")
        shutil.copytree(PROBOT, place)
        subprocess.run(INSTALL, cwd=place, check=True)
        (place / "key.pem").write_bytes(_private_key())
        settings = {
            "HOST": HOST,
            "WEBHOOK_PATH": PATH,
            "WEBHOOK_SECRET": SECRET,
            "APP_ID": "1",
            "PRIVATE_KEY_PATH": str(place / "key.pem"),
            "GHE_HOST": f"{HOST}:1",  # where nobody listens
            "GHE_PROTOCOL": "http",
            "NODE_ENV": "production",
        }
        given = [f"{name}={value}" for name, value in settings.items()]
        run = [str(place / "node_modules" / ".bin" / "probot"), "run", str(place / "app.js")]
        # it would take our REDIS_URL as its own, and wants a package more then
        yield Receiver("Probot", lambda port: ["env", "-u", "REDIS_URL", *given, f"PORT={port}", *run], 200)


def _private_key() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
