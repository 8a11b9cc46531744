"""Images that are nearly the same are found; images of the same kind are not taken for them."""

import io

import numpy as np
import pytest
from PIL import Image, ImageFilter

from pipeline.leakage.twins import image_twins


def scene(seed, side=64):
    """Return a smooth picture with blobs, as different from another as two scans are."""
    rng = np.random.default_rng(seed)
    noise = Image.fromarray(rng.integers(0, 256, (side, side), dtype=np.uint8))
    smooth = np.asarray(noise.filter(ImageFilter.GaussianBlur(3)), float)
    return ((smooth - smooth.min()) / np.ptp(smooth) * 220 + 10).astype(np.uint8)


def again(picture, how):
    image = Image.fromarray(picture)
    if how == "jpeg":
        data = io.BytesIO()
        image.save(data, "JPEG", quality=60)
        return np.asarray(Image.open(io.BytesIO(data.getvalue())))
    if how == "smaller":
        return np.asarray(image.resize((48, 48), Image.Resampling.BICUBIC).resize(image.size))
    if how == "darker":
        return (picture * 0.7).astype(np.uint8)
    return np.clip(picture + np.random.default_rng(0).normal(0, 1, picture.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("how", ["jpeg", "smaller", "darker", "grainy"])
def test_a_picture_saved_again_is_the_same(how):
    pictures = np.stack([scene(seed) for seed in range(40)] + [again(scene(seed), how) for seed in range(40)])

    twins = image_twins(pictures, 0.9)

    assert (twins[:40] == np.arange(40)).all()
    assert (twins[40:] == twins[:40]).all()


def test_pictures_that_share_all_but_a_faint_difference_are_not_the_same():
    shared = scene(0).astype(float)
    pictures = np.stack([(shared * 0.7 + scene(seed) * 0.3).astype(np.uint8) for seed in range(1, 80)])

    assert len(np.unique(image_twins(pictures, 0.9))) == 79


def test_only_equal_pixels_count_at_similarity_one():
    one, other = scene(0), scene(0)
    other[3, 3] += 1

    assert image_twins(np.stack([one, other, one]), 1.0).tolist() == [0, 1, 0]


def test_blank_pictures_are_the_same_only_if_equally_bright():
    pictures = np.stack([np.full((16, 16), value, np.uint8) for value in (0, 255, 0, 128)])

    assert image_twins(pictures, 0.9).tolist() == [0, 1, 0, 2]


def test_handwritten_digits_are_not_merged():
    from sklearn.datasets import load_digits

    digits = load_digits()

    twins = image_twins((digits.images * 15).astype(np.uint8), 0.9)

    sizes = np.bincount(twins)
    assert sizes[sizes > 1].sum() <= 4  # of 1,797; two of them differ in a few grey levels


def test_one_picture_alone_is_its_own_cluster():
    assert image_twins(scene(0)[None], 0.9).tolist() == [0]
