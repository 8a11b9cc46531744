"""Log-mel frames: in a bundle this file is preprocessing's own of the same name, so that both hear the same."""

from pipeline.preprocessing.media.spectrum import Spectrogram, log_mels

__all__ = ["Spectrogram", "log_mels"]
