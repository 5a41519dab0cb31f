"""A real S3 server on this machine (moto's), with one bucket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import Request, urlopen

from moto.server import ThreadedMotoServer

BUCKET = "our-calls"


@contextmanager
def s3_server() -> Iterator[str]:
    """Where it answers."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"
        urlopen(Request(f"{url}/{BUCKET}", method="PUT", headers={"host": f"{host}:{port}"})).close()
        yield url
    finally:
        server.stop()


def environment(url: str) -> dict[str, str]:
    """How a process is told of it."""
    told = {"ENDPOINT_URL": url, "REGION": "us-east-1", "ACCESS_KEY_ID": "ours"}
    return {f"AWS_{name}": value for name, value in (told | {"SECRET_ACCESS_KEY": "a secret"}).items()}
