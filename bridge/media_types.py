"""What files are: the types that travel under their own name, and the extension that fits each. Pure; one table.

A type that is not here is `application/octet-stream`, a download. What a browser would run (HTML, SVG, XML, scripts) is
left out on purpose: files come from strangers.
"""

from __future__ import annotations

OCTETS = "application/octet-stream"
SHOWN = ("image/", "audio/", "video/")  # what a chat shows or plays in place; everything else is a download

# Extension → type. Of several extensions with one type, the first is the one that is given to a file without any.
TYPES: dict[str, str] = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "heic": "image/heic",
    "bmp": "image/bmp",
    "tiff": "image/tiff",
    "mp3": "audio/mpeg",
    "mpga": "audio/mpeg",  # voice notes of MAX come so (edna.md §4)
    "ogg": "audio/ogg",
    "oga": "audio/ogg",
    "opus": "audio/opus",
    "m4a": "audio/mp4",
    "aac": "audio/aac",
    "amr": "audio/amr",
    "wav": "audio/wav",
    "weba": "audio/webm",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "3gp": "video/3gpp",
    "webm": "video/webm",
    "mpeg": "video/mpeg",
    "avi": "video/x-msvideo",
    "pdf": "application/pdf",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt": "application/vnd.ms-powerpoint",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "rtf": "application/rtf",
    "txt": "text/plain",
    "csv": "text/csv",
    "vcf": "text/vcard",
    "ics": "text/calendar",
    "zip": "application/zip",
    "rar": "application/vnd.rar",
    "7z": "application/x-7z-compressed",
    "gz": "application/gzip",
    "bin": OCTETS,
}
# Other words for the same types, as servers and phones write them.
ALIASES: dict[str, str] = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/heif": "image/heic",
    "audio/mp3": "audio/mpeg",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/x-m4a": "audio/mp4",
    "audio/m4a": "audio/mp4",
    "audio/x-aac": "audio/aac",
    "application/ogg": "audio/ogg",
    "application/x-pdf": "application/pdf",
    "application/x-zip-compressed": "application/zip",
    "text/x-vcard": "text/vcard",
}
EXTENSIONS: dict[str, str] = {kind: extension for extension, kind in reversed(TYPES.items())}
PAGES = frozenset({"text/html", "application/xhtml+xml"})  # an answer of this type is a page about a file, not the file


def named(mime: str | None) -> str:
    """The type in its usual word, without parameters; "" when there is none."""
    bare = (mime or "").partition(";")[0].strip().lower()
    return ALIASES.get(bare, bare)


def safe(mime: str | None, extension: str) -> str:
    """The type under which a file may be handed out: what its server says when the table has it, else by extension."""
    said = named(mime)
    return said if said in EXTENSIONS and said != OCTETS else TYPES.get(extension, OCTETS)


def is_shown(mime: str) -> bool:
    """Whether a browser may show this type in place."""
    return mime.startswith(SHOWN)
