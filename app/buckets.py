"""A store of recordings in a bucket of S3, or of anything that speaks its language.

Credentials, region and endpoint come from the environment, under the names that every tool for S3 knows.
"""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote, urlencode
from xml.etree import ElementTree as ET

import httpx
import obstore
import structlog
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from app.errors import RecordingsUnavailable
from app.settings import S3_LOCATION
from app.stores import Found

if TYPE_CHECKING:  # these two are names for the type checker only
    from obstore.store import ClientConfig, RetryConfig

log = structlog.get_logger()

MIB = 1024 * 1024
Method = Literal["GET", "DELETE"]
# Each upload holds so many parts of this size in memory. S3 takes 10,000 parts: 80 GiB.
PART_BYTES, PARTS_AT_ONCE = 8 * MIB, 2
# A part may take so long on a slow line. With every try together, a caller waits a minute or two at most.
TIMEOUTS: "ClientConfig" = {"connect_timeout": timedelta(seconds=5), "timeout": timedelta(minutes=2)}
RETRIES: "RetryConfig" = {"max_retries": 4, "retry_timeout": timedelta(seconds=60)}
SHORT_S = 10.0
SIGNED_FOR = timedelta(minutes=5)
RETRY_AFTER_S = 30
# What stores answer that keep one version of everything, and so cannot list versions.
NO_VERSIONS = (405, 501)


@dataclass(frozen=True)
class Version:
    """One version of an object, or the mark that it was deleted."""

    key: str
    version_id: str
    kept_at: datetime
    is_latest: bool
    is_mark: bool


class Bucket:
    """What object_store can do is left to it; versions and unfinished uploads, which it does not know, are ours."""

    block_bytes = 4 * MIB

    def __init__(self, location: str) -> None:
        """`location` is of the form that settings take (`S3_LOCATION`)."""
        found = S3_LOCATION.fullmatch(location)
        assert found is not None  # noqa: S101  settings refuse any other
        self.name, self.prefix = found["bucket"], found["prefix"].strip("/")
        self._endpoint = _endpoint(self.name)
        self._options: ClientConfig = {**TIMEOUTS, "allow_http": self._endpoint.startswith("http://")}
        # With each part goes its SHA-256 as a checksum: the one in the signature is not compared by every server (a bit
        # flipped on the way was acknowledged).
        self._store = S3Store(
            self.name,
            prefix=self.prefix or None,
            checksum_algorithm="sha256",
            aws_endpoint_url_s3=self._endpoint,
            virtual_hosted_style_request=True,
            client_options=self._options,
            retry_config=RETRIES,
        )

    def put(self, staged: Path, key: str, *, leave: bool) -> None:
        del leave  # what is sent stays where it is
        try:
            with absence_told():
                obstore.put(self._store, key, staged, chunk_size=PART_BYTES, max_concurrency=PARTS_AT_ONCE)
        except FileNotFoundError as error:
            # What is not there is the bucket, or the upload: somebody ended it.
            raise away() from error

    def put_block(self, key: str, block: bytes) -> None:
        """Keeps a few MiB under `key`. When this returns, S3 has acknowledged them."""
        try:
            with absence_told():
                obstore.put(self._store, key, block, use_multipart=False)
        except FileNotFoundError as error:
            raise away() from error

    def size(self, key: str) -> int:
        with self._missing_checked(), absence_told():
            return int(obstore.head(self._store, key)["size"])

    def block(self, key: str, start: int, end: int) -> bytes:
        with self._missing_checked(), absence_told():
            return bytes(obstore.get_range(self._store, key, start=start, end=end))

    def erase(self, key: str) -> bool:
        self._abort(self._uploads(key))
        try:
            found = [version for page in self._versions(key) for version in page if version.key == key]
        except VersionsUnknown:
            return self._erase_only(key)
        for version in found:
            self._remove(version.key, versionId=version.version_id)
        return any(not version.is_mark for version in found)

    def erase_below(self, prefix: str) -> None:
        """Removes all there is below the folder `prefix`, old versions too."""
        for batch in self.listed(prefix):
            for key in {found.key for found in batch}:
                self.erase(key)

    def _erase_only(self, key: str) -> bool:
        try:
            self.size(key)
            with absence_told():
                obstore.delete(self._store, key)
        except FileNotFoundError:
            return False
        return True

    def listed(self, prefix: str) -> Iterator[list[Found]]:
        try:
            for page in self._versions(_below(prefix)):
                yield [Found(one.key, one.kept_at, is_there=one.is_latest and not one.is_mark) for one in page]
        except VersionsUnknown:
            with absence_told():
                for batch in obstore.list(self._store, prefix=prefix or None):
                    yield [Found(found["path"], found["last_modified"]) for found in batch]

    def abandon(self, prefix: str, *, before: datetime) -> int:
        old = [upload for upload in self._uploads(_below(prefix)) if upload[2] < before]
        self._abort(old)
        return len(old)

    def _abort(self, uploads: list[tuple[str, str, datetime]]) -> None:
        for key, upload_id, _begun_at in uploads:
            self._remove(key, uploadId=upload_id)

    def check(self) -> None:
        judged(self._send("GET", "", {"list-type": "2", "max-keys": "1", "prefix": self._path("")}))

    def _versions(self, prefix: str) -> Iterator[list[Version]]:
        """A page at a time. Raises VersionsUnknown, before anything else, where the store cannot tell."""
        for page in self._pages("versions", prefix, ("KeyMarker", "VersionIdMarker")):
            yield [
                self._version(node) for kind in ("Version", "DeleteMarker") for node in page.iterfind(f"{{*}}{kind}")
            ]

    def _version(self, node: ET.Element) -> Version:
        return Version(
            key=self._key(_text(node, "Key")),
            version_id=_text(node, "VersionId"),
            kept_at=_instant(node, "LastModified"),
            is_latest=_text(node, "IsLatest") == "true",
            is_mark=node.tag.endswith("DeleteMarker"),
        )

    def _uploads(self, prefix: str) -> list[tuple[str, str, datetime]]:
        """Key, id and beginning of each unfinished upload."""
        try:
            return [
                (self._key(_text(node, "Key")), _text(node, "UploadId"), _instant(node, "Initiated"))
                for page in self._pages("uploads", prefix, ("KeyMarker", "UploadIdMarker"))
                for node in page.iterfind("{*}Upload")
            ]
        except VersionsUnknown:
            return []

    def _pages(self, what: str, prefix: str, markers: tuple[str, str]) -> Iterator[ET.Element]:
        asked = {what: "", "prefix": self._path(prefix)}
        while True:
            answer = self._send("GET", "", asked)
            if answer.status_code in NO_VERSIONS:
                raise VersionsUnknown(answer.status_code)
            page = _parsed(judged(answer))
            yield page
            if _text(page, "IsTruncated") != "true":
                return
            for marker in markers:
                asked[_dashed(marker)] = _text(page, f"Next{marker}")

    def _remove(self, key: str, **query: str) -> None:
        answer = self._send("DELETE", self._path(key), query)
        # What is gone already is as it should be.
        if answer.status_code != httpx.codes.NOT_FOUND:
            judged(answer)

    def _send(self, method: Method, path: str, query: Mapping[str, str]) -> httpx.Response:
        with absence_told():
            return httpx.request(method, self._signed(method, path, query), timeout=SHORT_S)

    def _signed(self, method: Method, path: str, query: Mapping[str, str]) -> str:
        # object_store signs any path below its endpoint, and knows every way in which credentials are handed out, but
        # no query. So the query is put into the endpoint; the slash that is then added ends up in `x-id`, which S3
        # takes for a remark.
        asked = urlencode({**query, "x-id": ""}, quote_via=quote, safe="")
        signer = S3Store(
            self.name,
            aws_endpoint_url_s3=f"{self._endpoint}/{quote(path)}?{asked}",
            virtual_hosted_style_request=True,
            client_options=self._options,
        )
        return str(obstore.sign(signer, method, "", SIGNED_FOR))

    def _path(self, key: str) -> str:
        return f"{self.prefix}/{key}" if self.prefix else key

    def _key(self, path: str) -> str:
        return path.removeprefix(f"{self.prefix}/") if self.prefix else path

    @contextmanager
    def _missing_checked(self) -> Iterator[None]:
        """A bucket that is not there looks as if every recording in it were lost: that must not be believed."""
        try:
            yield
        except FileNotFoundError:
            self.check()
            raise


class VersionsUnknown(Exception):
    """This store does not tell versions, or unfinished uploads."""


@contextmanager
def absence_told() -> Iterator[None]:
    """What a store or the way to it gives up with is told as RecordingsUnavailable; FileNotFoundError passes."""
    try:
        yield
    except (PermissionDeniedError, UnauthenticatedError) as error:
        log.warning("recordings unavailable", cause=type(error).__name__)
        raise refused() from error
    except (BaseError, httpx.TransportError) as error:
        log.warning("recordings unavailable", cause=type(error).__name__)
        raise away() from error


def judged(answer: httpx.Response) -> httpx.Response:
    """The answer, when it is a good one. Raises RecordingsUnavailable."""
    if answer.is_error:
        log.warning("recordings unavailable", status=answer.status_code, method=answer.request.method)
        raise refused() if answer.status_code == httpx.codes.FORBIDDEN else away()
    return answer


def refused() -> RecordingsUnavailable:
    return RecordingsUnavailable(
        "The store of recordings refuses the credentials of this service.", retry_after_s=RETRY_AFTER_S
    )


def away() -> RecordingsUnavailable:
    return RecordingsUnavailable(
        "The store of recordings does not answer as it should. Nothing that was kept is lost.",
        retry_after_s=RETRY_AFTER_S,
    )


def _endpoint(bucket: str) -> str:
    """The URL that the bucket is at: in the path, which every server takes, not in the host."""
    given = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    return f"{(given or f'https://s3.{region}.amazonaws.com').rstrip('/')}/{bucket}"


def _below(prefix: str) -> str:
    return f"{prefix}/" if prefix else ""


def _parsed(answer: httpx.Response) -> ET.Element:
    try:
        return ET.fromstring(answer.content)  # noqa: S314  from the store that is trusted with the recordings
    except ET.ParseError as error:
        raise away() from error


def _text(node: ET.Element, name: str) -> str:
    return node.findtext(f"{{*}}{name}") or ""


def _instant(node: ET.Element, name: str) -> datetime:
    return datetime.fromisoformat(_text(node, name))


def _dashed(name: str) -> str:
    """`VersionIdMarker` as a query has it: `version-id-marker`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()
