"""Images that are nearly the same: candidates by a coarse sketch, each checked by its pixels and its detail."""

import hashlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pipeline.leakage.clusters import Ints, in_order
from pipeline.leakage.sketches import near_vectors

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

COARSE = 16
FINE = 64
PAIRS_AT_ONCE = 2_000


def same_pixels(pixels: Pixels) -> Ints:
    """Return a number for each image, the same for those that agree in every pixel."""
    digests = bytearray()
    for image in pixels:
        digests += hashlib.blake2b(np.ascontiguousarray(image).tobytes(), digest_size=16).digest()
    # Sixteen bytes an image: a dictionary would hold some two hundred.
    return in_order(np.unique(np.frombuffer(digests, "V16"), return_inverse=True)[1].astype(np.int64))


def near_images(pixels: Pixels, places: Ints, similarity: float) -> Ints:
    """Return pairs of images that are nearly the same, as positions in ``places``, shape ``(pair, 2)``.

    They are when their pixels correlate by at least 1 - (1 - similarity)², and the differences between neighbouring
    pixels by at least ``similarity``: at 0.9 by 0.99 and 0.9. The first alone would take all smooth images for the
    same. Brightness and contrast do not count, nor does another compression or size; a crop is another image.

    Args:
        pixels: Grey, shape ``(image, height, width)``.
        places: Which of them are compared.
        similarity: Between 0 and 1.
    """
    if similarity >= 1:
        return np.empty((0, 2), np.int64)

    def shrunk(some: Ints, side: int) -> Floats:
        return pooled(pixels[places[some]], side)

    pairs = near_vectors(len(places), lambda some: unit(shrunk(some, COARSE)))
    wanted = 1 - (1 - similarity) ** 2
    pairs = _agreeing(pairs, lambda some: _flat(shrunk(some, COARSE)), wanted)
    pairs = _agreeing(pairs, lambda some: _flat(shrunk(some, FINE)), wanted)
    return _agreeing(pairs, lambda some: edges(shrunk(some, FINE)), similarity)


def _agreeing(pairs: Ints, features: Callable[[Ints], Floats], least: float) -> Ints:
    """Return the pairs whose features correlate by ``least`` at least."""
    alike = np.empty(len(pairs), bool)
    for first in range(0, len(pairs), PAIRS_AT_ONCE):
        one, other = (features(side) for side in pairs[first : first + PAIRS_AT_ONCE].T)
        alike[first : first + PAIRS_AT_ONCE] = correlation(one, other) >= least
    return pairs[alike]


def _flat(pixels: Floats) -> Floats:
    return pixels.reshape(len(pixels), -1)


def pooled(pixels: Pixels, side: int) -> Floats:
    """Return images shrunk to at most ``side`` by ``side`` by averaging areas; smaller ones stay as they are."""
    shrunk = pixels.astype(np.float32)
    for axis in (1, 2):
        length = shrunk.shape[axis]
        if length > side:
            begins = np.linspace(0, length, side, endpoint=False).astype(np.int64)
            widths = np.diff(np.r_[begins, length]).astype(np.float32)
            shape = [1, 1, 1]
            shape[axis] = side
            shrunk = np.add.reduceat(shrunk, begins, axis=axis) / widths.reshape(shape)
    return shrunk


def edges(pixels: Floats) -> Floats:
    """Return the differences of neighbouring pixels, across and down, shape ``(image, difference)``."""
    across = pixels[:, :, 1:] - pixels[:, :, :-1]
    down = pixels[:, 1:] - pixels[:, :-1]
    return np.concatenate([across.reshape(len(pixels), -1), down.reshape(len(pixels), -1)], axis=1)


def unit(values: NDArray[np.floating]) -> Floats:
    """Return each row with mean 0 and length 1; one without any difference becomes 0."""
    flat = values.reshape(len(values), -1).astype(np.float32)
    flat = flat - flat.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(flat, axis=1, keepdims=True)
    return np.where(lengths > 1e-6, flat / np.maximum(lengths, 1e-6), 0).astype(np.float32)


def correlation(one: NDArray[np.floating], other: NDArray[np.floating]) -> Floats:
    """Return how two rows correlate, shape ``(row,)``; 0 where one has no differences."""
    first, second = (values - values.mean(axis=1, keepdims=True) for values in (one, other))
    shared = np.einsum("ij,ij->i", first, second)
    sizes = np.einsum("ij,ij->i", first, first) * np.einsum("ij,ij->i", second, second)
    products: Floats = np.where(sizes > 1e-9, shared / np.sqrt(np.maximum(sizes, 1e-9)), 0)
    return products
