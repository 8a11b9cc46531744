"""What of an image no later stage sees: it is told, or the image is set aside."""

from collections.abc import Iterator

from PIL import Image

PAGES = "images hold several pictures (an animation, or pages), and only the first of them is read"
DEEP_COLOUR = "colour images have 16 bits per band, and only the upper 8 are read"
SEE_THROUGH = "images are see-through in places, and white paper is laid behind them"
INVISIBLE = "shows nothing on white paper: it is drawn in its transparency alone; save it on a ground of another colour"
TOO_BRIGHT = "has whole numbers above 2,147,483,647; save it with 16 bits, or as floats"
ONE_BAND_DEEP = ("I", "F")
HIDING = ("RGBA", "LA", "PA", "RGBa")


def raw_mode(image: Image.Image) -> str:
    """Return how the pixels lie in the file, as Pillow names it; ask before they are loaded, it forgets."""
    tiles = getattr(image, "tile", None)
    if not tiles:
        return ""
    args = tiles[0][3]
    name = args[0] if isinstance(args, tuple) and args else args
    return name if isinstance(name, str) else ""


def losses(image: Image.Image, raw: str) -> Iterator[str]:
    """Yield what of a loaded image is not read, as sentences that begin with "images".

    Args:
        image: Loaded.
        raw: As :func:`raw_mode` gave it.
    """
    if getattr(image, "is_animated", False):
        yield PAGES
    if ";16" in raw and not image.mode.startswith(ONE_BAND_DEEP):
        yield DEEP_COLOUR
    if _alpha(image)[0] < 255:
        yield SEE_THROUGH


def unreadable(image: Image.Image, raw: str) -> str | None:
    """Return why a loaded image cannot become grey or coloured pixels that show what it shows; None: it can.

    Raises:
        ValueError: Its colours cannot be turned into red, green and blue.
    """
    if image.mode in ("LAB", "La"):
        image.convert("RGB")
    if raw.startswith("I;32") and raw.endswith("N") and _extremes(image)[0] < 0:
        return TOO_BRIGHT
    least, greatest = _alpha(image)
    if least < greatest and _is_bare(image):
        return INVISIBLE
    return None


def _extremes(image: Image.Image) -> tuple[int, int]:
    return image.getextrema()  # type: ignore[return-value]


def _alpha(image: Image.Image) -> tuple[int, int]:
    """Return the least and greatest opacity; 255 twice where there is none."""
    hiding = image.mode in HIDING or "transparency" in image.info
    if not hiding or image.mode.startswith(ONE_BAND_DEEP):
        return 255, 255
    return _extremes(image.convert("RGBA").getchannel("A"))


def _is_bare(image: Image.Image) -> bool:
    """Return whether an image is white all over on white paper."""
    paper = Image.new("RGBA", image.size, "white")
    paper.alpha_composite(image.convert("RGBA"))
    return _extremes(paper.convert("L")) == (255, 255)
