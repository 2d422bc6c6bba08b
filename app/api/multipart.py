"""A multipart form read as it comes: the fields first, then the file as a stream.

FastAPI's own form parsing reads and spools the whole body before any of our code runs; here not one byte of the
file is taken before the fields have been looked at.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from app.errors import BodyTooLarge, MultipartInvalid

MAX_FIELDS = 20
MAX_FIELD_BYTES = 64 * 1024
MAX_HEADER_BYTES = 8 * 1024
# Everything before the file; the parser skips line breaks before the first boundary for ever.
MAX_BEFORE_FILE_BYTES = MAX_FIELDS * MAX_FIELD_BYTES


@dataclass
class Part:
    """One part of the form: its name, the client's file name, and its bytes as far as they have come."""

    headers: dict[str, bytes] = field(default_factory=dict)
    name: str = ""
    filename: str | None = None
    content: bytearray = field(default_factory=bytearray)

    def read_disposition(self) -> None:
        disposition, options = parse_options_header(self.headers.get("content-disposition"))
        name = options.get(b"name")
        if disposition != b"form-data" or name is None:
            raise MultipartInvalid("Every part of the form needs a Content-Disposition with a name.")
        self.name = name.decode("utf-8", "replace")
        if b"filename" in options:
            self.filename = options[b"filename"].decode("utf-8", "replace")


class Form:
    """`await read_fields()`, then iterate `file()`. A field that follows the file is refused, not lost in silence."""

    def __init__(self, boundary: bytes, chunks: AsyncIterator[bytes]) -> None:
        self.fields: dict[str, str] = {}
        self.filename: str | None = None
        self._chunks = chunks
        self._part = Part()
        self._header: tuple[bytearray, bytearray] = (bytearray(), bytearray())
        self._header_bytes = 0
        self._in_file = False
        self._ended = False
        self._taken_bytes = 0
        self._blocks: list[bytes] = []
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._on_part_begin,
                "on_header_field": self._on_header_field,
                "on_header_value": self._on_header_value,
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_headers_finished,
                "on_part_data": self._on_part_data,
                "on_part_end": self._on_part_end,
                "on_end": self._on_end,
            },
        )

    async def read_fields(self) -> None:
        """Reads up to the file's first bytes, or to the end when there is no file."""
        while not self._in_file and not self._ended and await self._feed():
            if self._taken_bytes > MAX_BEFORE_FILE_BYTES and not self._in_file:
                raise MultipartInvalid("The fields of the form are too long.")

    @property
    def has_file(self) -> bool:
        return self._in_file

    @property
    def file_headers(self) -> dict[str, str]:
        """The headers of the file's part, by their names in small letters."""
        return {name: value.decode("latin-1") for name, value in self._part.headers.items()}

    async def file(self) -> AsyncIterator[bytes]:
        """The file's bytes. Raises MultipartInvalid when the form does not end as it should."""
        # What follows the end of the form is not read: a client could go on sending for ever.
        while not self._ended or self._blocks:
            blocks, self._blocks = self._blocks, []
            for block in blocks:
                yield block
            if not self._ended and not await self._feed():
                raise MultipartInvalid("The form ended in the middle of the recording. Send it again.")

    async def _feed(self) -> bool:
        chunk = await anext(self._chunks, None)
        if chunk is None:
            return False
        self._taken_bytes += len(chunk)
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise MultipartInvalid("The multipart form is malformed.") from error
        return True

    def _on_part_begin(self) -> None:
        if self._in_file:
            raise MultipartInvalid("The file must be the last part of the form: with curl, the last -F.")
        self._part, self._header_bytes = Part(), 0

    def _on_header_field(self, content: bytes, start: int, end: int) -> None:
        self._take_header(self._header[0], content[start:end])

    def _on_header_value(self, content: bytes, start: int, end: int) -> None:
        self._take_header(self._header[1], content[start:end])

    def _take_header(self, into: bytearray, content: bytes) -> None:
        self._header_bytes += len(content)
        if self._header_bytes > MAX_HEADER_BYTES:
            raise MultipartInvalid("The headers of a part are too long.")
        into += content

    def _on_header_end(self) -> None:
        name, value = self._header
        self._part.headers[name.decode("latin-1").lower()] = bytes(value)
        self._header = (bytearray(), bytearray())

    def _on_headers_finished(self) -> None:
        self._part.read_disposition()
        if self._part.filename is not None:
            self._in_file, self.filename = True, self._part.filename

    def _on_part_data(self, content: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._blocks.append(content[start:end])
            return
        if len(self._part.content) + end - start > MAX_FIELD_BYTES:
            raise BodyTooLarge(f"A field of the form may have at most {MAX_FIELD_BYTES} bytes.")
        self._part.content += content[start:end]

    def _on_part_end(self) -> None:
        if self._part.filename is not None:
            return
        if len(self.fields) >= MAX_FIELDS:
            raise MultipartInvalid(f"A form may have at most {MAX_FIELDS} fields.")
        if self._part.name in self.fields:
            raise MultipartInvalid("A field of the form comes twice.")
        self.fields[self._part.name] = self._part.content.decode("utf-8", "replace")

    def _on_end(self) -> None:
        self._ended = True


def boundary_of(content_type: str) -> bytes:
    """The boundary of a `multipart/form-data` content type. Raises MultipartInvalid."""
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if not boundary:
        raise MultipartInvalid("The form's Content-Type has no boundary.")
    return boundary
