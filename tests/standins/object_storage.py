"""Object storage on 127.0.0.1, by real programs: moto for S3, Azurite for Blob Storage."""

import base64
import hashlib
import hmac
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import Any

import httpx

KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "TestingSecretKey"}
REGION = "us-east-1"
# Azurite's own, published ones. Source: its README, "Default Storage Account".
ACCOUNT = "devstoreaccount1"
ACCOUNT_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
_START_S = 30.0


@dataclass(frozen=True)
class S3:
    """A running S3: its URL, and AWS's own client to look at it with."""

    url: str
    client: Any

    @property
    def environment(self) -> Mapping[str, str]:
        """What a program's environment must hold to use it."""
        return {"AWS_ENDPOINT_URL": self.url, "AWS_REGION": REGION, **KEYS}

    def bucket(self, name: str) -> str:
        """Make a bucket."""
        self.client.create_bucket(Bucket=name)
        return name

    def objects(self, bucket: str) -> dict[str, int]:
        """Give the sizes of all objects of a bucket."""
        listed = self.client.list_objects_v2(Bucket=bucket).get("Contents", [])
        return {each["Key"]: each["Size"] for each in listed}

    def content(self, bucket: str, key: str) -> bytes:
        """Read an object."""
        body: bytes = self.client.get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    def open_uploads(self, bucket: str) -> list[str]:
        """Name the objects whose uploads were begun and neither completed nor aborted."""
        found = self.client.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
        return [each["Key"] for each in found]


@contextmanager
def running_s3() -> Iterator[S3]:
    """Run moto's server."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    client = boto3.client(
        "s3",
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
    )
    try:
        yield S3(url, client)
    finally:
        client.close()
        server.stop()


@dataclass(frozen=True)
class Blob:
    """A running Blob Storage."""

    url: str

    @property
    def environment(self) -> Mapping[str, str]:
        """What a program's environment must hold to use it."""
        parts = {"AccountName": ACCOUNT, "AccountKey": ACCOUNT_KEY, "BlobEndpoint": self.url}
        text = ";".join(f"{name}={value}" for name, value in parts.items())
        return {"AZURE_STORAGE_CONNECTION_STRING": text}

    def container(self, name: str) -> str:
        """Make a container, by a request signed with the account's key.

        Source: Microsoft, "Authorize with Shared Key", read 2026-11-22.
        """
        date, version = formatdate(usegmt=True), "2023-11-03"
        signed = f"x-ms-date:{date}\nx-ms-version:{version}\n"
        resource = f"/{ACCOUNT}/{ACCOUNT}/{name}\nrestype:container"
        text = "PUT" + "\n" * 12 + signed + resource
        key = base64.b64decode(ACCOUNT_KEY)
        signature = base64.b64encode(hmac.digest(key, text.encode(), hashlib.sha256)).decode()
        headers = {
            "x-ms-date": date,
            "x-ms-version": version,
            "authorization": f"SharedKey {ACCOUNT}:{signature}",
        }
        answer = httpx.put(f"{self.url}/{name}?restype=container", headers=headers)
        answer.raise_for_status()
        return name


def azurite() -> str | None:
    """Find the program."""
    beside = Path(sys.executable).parent
    return shutil.which("azurite") or shutil.which("azurite", path=str(beside))


@contextmanager
def running_blob(program: str) -> Iterator[Blob]:
    """Run Azurite."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [program, "--silent", "--inMemoryPersistence", "--skipApiVersionCheck"]
    blob = ["--blobHost", "127.0.0.1", "--blobPort", str(port)]
    others = ["--queuePort", "0", "--tablePort", "0"]
    with subprocess.Popen([*command, *blob, *others], stdout=subprocess.DEVNULL) as process:
        try:
            _wait(port)
            yield Blob(f"http://127.0.0.1:{port}/{ACCOUNT}")
        finally:
            process.terminate()


def _wait(port: int) -> None:
    ends = time.monotonic() + _START_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            assert time.monotonic() < ends, "Azurite does not start"
            time.sleep(0.05)
        else:
            return
