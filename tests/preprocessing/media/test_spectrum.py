"""Log-mel frames are what the formula says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.preprocessing.config import SoundConfig
from pipeline.preprocessing.media.spectrum import FULL_SCALE, Spectrogram, hertz, log_mels, mels, resampled

CONFIG = SoundConfig(rate=8_000, mels=20)


def tone(frequency, seconds=0.5, rate=8_000, loudness=0.5):
    time = np.arange(round(seconds * rate)) / rate
    return (np.sin(2 * np.pi * frequency * time) * loudness * (FULL_SCALE - 1)).astype(np.int16)


def frames_of(samples, config=CONFIG, rate=8_000):
    return log_mels(samples, rate, config, Spectrogram.of(config))


def test_a_thousand_hertz_are_a_thousand_mels():
    assert mels(1000.0) == pytest.approx(1000.0, abs=0.02)
    assert mels(0.0) == 0.0
    assert hertz(mels(np.array([440.0, 3000.0]))).tolist() == pytest.approx([440.0, 3000.0])


@pytest.mark.parametrize("frequency", [250, 700, 1000, 2000, 3500])
def test_a_pure_tone_is_loudest_in_its_own_band(frequency):
    # Worked by hand: 4,000 Hz are 2146.1 mels, so the centres of 20 bands lie 2146.1 / 21 = 102.19 mels apart, and
    # band k (from 0) is centred at (k + 1) · 102.19 mels.
    expected = round(2595 * np.log10(1 + frequency / 700) / 102.19) - 1

    frames = frames_of(tone(frequency))

    assert (frames[2:-3].argmax(axis=1) == expected).all()


def test_a_tone_at_the_centre_of_a_band_has_the_power_of_its_amplitude():
    # Band 9 is centred at 1021.9 mels = 1033.9 Hz. A Hann window spreads a tone over neighbouring frequencies; with
    # amplitude a the squares add up to 1.5 a² times the triangle's height there (nearly 1).
    centre = 700 * (10 ** (1021.9 / 2595) - 1)

    loud, soft = (frames_of(tone(centre, loudness=loudness))[10, 9] for loudness in (0.8, 0.08))

    bins = 256 / 200  # the transform has 256 points for a frame of 200 samples, so frequencies lie closer
    assert np.exp(loud) == pytest.approx(1.5 * bins * 0.8**2, rel=0.2)
    assert loud - soft == pytest.approx(np.log(100), abs=0.01)  # a tenth of the amplitude: 20 dB


def test_every_band_hears_something():
    for rate, count in ((8_000, 80), (16_000, 128), (44_100, 64)):
        measures = Spectrogram.of(SoundConfig(rate=rate, mels=count))

        assert (measures.filters.sum(axis=0) > 0).all()


def test_silence_is_the_floor_and_not_minus_infinity():
    frames = frames_of(np.zeros(4_000, np.int16))

    assert np.allclose(frames, np.log(1e-10))


def test_a_tone_keeps_its_band_at_another_rate():
    slow = frames_of(tone(1000, rate=8_000))
    fast = frames_of(tone(1000, rate=44_100), rate=44_100)

    assert abs(len(slow) - len(fast)) <= 1
    assert slow[10].argmax() == fast[10].argmax()
    assert slow[10].max() == pytest.approx(fast[10].max(), abs=0.05)


def test_what_is_too_high_for_the_new_rate_does_not_fold_back():
    samples = tone(7_000, rate=16_000).astype(np.float32)

    half = resampled(samples, 16_000, 8_000)

    assert np.abs(half[100:-100]).max() < 0.01 * np.abs(samples).max()


def test_silence_is_cut_off_at_both_ends_only_if_asked():
    quiet = np.zeros(4_000, np.int16)
    samples = np.concatenate([quiet, tone(1000), quiet, tone(500), quiet])

    whole = frames_of(samples)
    trimmed = frames_of(samples, CONFIG.model_copy(update={"trim": True}))

    assert len(whole) == 1 + -(-(len(samples) - 200) // 80)
    assert len(trimmed) == pytest.approx(1.5 * 100, abs=4)  # the pause in between stays
    assert np.array_equal(whole[50 - 2 : 50 - 2 + len(trimmed)], trimmed)


def test_long_recordings_are_cut_off():
    config = CONFIG.model_copy(update={"longest_seconds": 0.2})

    frames = frames_of(tone(440, seconds=2.0), config)

    assert len(frames) == Spectrogram.of(config).frames(1_600)


@settings(max_examples=40, deadline=None)
@given(
    samples=st.integers(0, 3_000),
    rate=st.sampled_from([8_000, 11_025, 16_000]),
    trim=st.booleans(),
    seconds=st.floats(0.01, 0.5),
)
def test_any_recording_has_a_frame_and_finite_values(samples, rate, trim, seconds):
    sound = np.random.default_rng(samples).integers(-(2**15), 2**15, samples).astype(np.int16)
    config = SoundConfig(rate=8_000, mels=10, trim=trim, longest_seconds=seconds)

    frames = frames_of(sound, config, rate)

    assert frames.shape[1] == 10
    assert 1 <= len(frames) <= Spectrogram.of(config).frames(round(seconds * 8_000))
    assert np.isfinite(frames).all()
