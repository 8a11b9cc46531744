"""Past, present, future: which time steps train, choose the epoch, and judge.

The borders do not depend on the purge: it takes the last time steps of the part before a border, so that the test
part stays the same whatever is left out.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.foundation.errors import ConfigError, DataError
from pipeline.preprocessing.config_split import SplitConfig
from pipeline.preprocessing.split.codes import TEST, TRAIN, UNUSED, VAL, Codes


def moment_codes(moments: int, config: SplitConfig) -> Codes:
    """Return the part of each time step, shape ``(moment,)``, for the kinds time, walk and folds.

    Args:
        moments: How many time steps there are.
        config: Shares or counts, purge and embargo; for walk and folds also which of the divisions.

    Raises:
        ConfigError: The parts need more time steps than there are.
    """
    match config.kind:
        case "walk":
            return _walk(moments, config)
        case "folds":
            return _folds(moments, config)
        case _:
            train, val, test = _counts(moments, config)
            return _ordered(moments, _Borders(0, train, train + val, train + val + test), config.purge)


@dataclass(frozen=True)
class _Borders:
    """Training is ``[first, val)``, then ``[val, test)``, then ``[test, end)``."""

    first: int
    val: int
    test: int
    end: int


def _ordered(moments: int, borders: _Borders, purge: int) -> Codes:
    codes = np.full(moments, UNUSED, np.int8)
    codes[borders.first : max(borders.val - purge, borders.first)] = TRAIN
    codes[borders.val : max(borders.test - purge, borders.val)] = VAL
    codes[borders.test : borders.end] = TEST
    _require_parts(codes, purge)
    return codes


def _counts(moments: int, config: SplitConfig) -> tuple[int, int, int]:
    def count(part: float) -> int:
        return int(part) if part >= 1 else round(part * moments)

    val, test = count(config.val), count(config.test)
    train = moments - val - test if config.train is None else count(config.train)
    shares = [part for part in (config.train, config.val, config.test) if part is not None]
    if all(part < 1 for part in shares) and 0 < train + val + test - moments < len(shares):
        train = moments - val - test  # shares of 1 together, each rounded up
    if train < 1 or train + val + test > moments:
        raise ConfigError(
            f"preprocessing.split asks for {max(train, 0)} + {val} + {test} time steps (train, val, test), and the "
            f"data have {moments}; lower preprocessing.split.val and test, or give shares below 1"
        )
    return train, val, test


def _walk(moments: int, config: SplitConfig) -> Codes:
    """Walk through the last ``test`` share in ``folds`` parts; val lies before each, training before that."""
    walked, val = round(config.test * moments), round(config.val * moments)
    edges = moments - walked + np.linspace(0, walked, config.folds + 1).round().astype(int)
    test, end = int(edges[config.fold]), int(edges[config.fold + 1])
    length = moments - walked - val if config.train is None else round(config.train * moments)
    if config.train is not None and config.history == "expanding":
        raise ConfigError(
            f"preprocessing.split.train={config.train} says how long training is, and with history=expanding it "
            f"grows; set preprocessing.split.history=sliding, or train=null"
        )
    first = 0 if config.history == "expanding" else max(test - val - length, 0)
    if walked < config.folds or length < 1 or test - val < 1:
        raise ConfigError(
            f"preprocessing.split.kind=walk needs {config.folds} test parts in the last {walked} of {moments} time "
            f"steps, and {val} for val and some for train before them; change preprocessing.split.test, val or folds"
        )
    return _ordered(moments, _Borders(first, test - val, test, end), config.purge)


def _folds(moments: int, config: SplitConfig) -> Codes:
    """Test one of k blocks of time; val lies before it, or after it where nothing does; the rest trains.

    Source:
        López de Prado (2018), "Advances in Financial Machine Learning", chapter 7: purged k-fold with embargo.
    """
    edges = np.linspace(0, moments, config.folds + 1).round().astype(int)
    test, end = int(edges[config.fold]), int(edges[config.fold + 1])
    val, after = round(config.val * moments), config.purge + config.embargo
    before = test - config.purge - val
    judged = (before, before + val) if before > 0 else (end + after, end + after + val)
    codes = np.full(moments, TRAIN, np.int8)
    for first, last in (judged, (test, end)):
        codes[max(first - config.purge, 0) : last + after] = UNUSED
    codes[judged[0] : judged[1]] = VAL
    codes[test:end] = TEST
    _require_parts(codes, config.purge)
    return codes


def _require_parts(codes: Codes, purge: int) -> None:
    counts = [int((codes == code).sum()) for code in (TRAIN, VAL, TEST)]
    if not all(counts) and not purge:
        raise DataError(
            f"{len(codes)} time steps are too few rows to divide: {counts[0]} + {counts[1]} + {counts[2]} for train, "
            f"val and test; bring more data, or change preprocessing.split.val and test"
        )
    if not all(counts):
        raise ConfigError(
            f"preprocessing.split leaves {counts[0]} + {counts[1]} + {counts[2]} time steps (train, val, test) of "
            f"{len(codes)}, with preprocessing.split.purge={purge}; change val, test or purge, or bring more data"
        )
