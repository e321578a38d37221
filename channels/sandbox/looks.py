"""What a network notices about an uploaded picture."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

MIME = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "GIF": "image/gif",
    "WEBP": "image/webp",
    "TIFF": "image/tiff",
    "BMP": "image/bmp",
    "MPO": "image/jpeg",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Format as Pillow names it, size in pixels, whether it moves."""

    format: str
    width: int
    height: int
    frames: int

    @property
    def ratio(self) -> float:
        """Width by height."""
        return self.width / self.height


def look(data: bytes) -> Look | None:
    """Look at a picture; None if these bytes are not a whole one."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            found = Look(
                format=image.format or "", width=image.width, height=image.height, frames=getattr(image, "n_frames", 1)
            )
            # A JPEG is decoded at an eighth of its size: enough to notice that its end is missing.
            image.draft("RGB", (image.width // 8 or 1, image.height // 8 or 1))
            image.load()
    except (
        UnidentifiedImageError,
        OSError,
        SyntaxError,
        ValueError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ):
        return None
    return found
