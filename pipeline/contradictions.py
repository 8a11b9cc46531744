"""Settings of different rooms that cannot both hold, each told in one sentence before anything runs."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, get_args

from pipeline.extraction.config import VECTOR_KINDS
from pipeline.extraction.config_frames import IMAGE_KINDS, VOLUME_KINDS
from pipeline.sources.config import JoinedConfig, TableKind, table_kind
from pipeline.sources.config_tables import TableColumns

if TYPE_CHECKING:
    from pipeline.config import Config

READS: dict[TableKind, tuple[str, ...]] = {
    "series": ("windows", "whole"),
    "samples": ("table",),
    "text": ("text",),
    "images": ("images",),
    "clips": ("clips",),
    "sound": ("sound",),
}
"""Which kinds of preprocessing can read which rows."""


def contradictions(config: "Config") -> Iterator[str]:
    """Yield a sentence for each pair of settings that cannot both hold."""
    yield from _data_contradictions(config)
    yield from _network_contradictions(config)
    yield from _portfolio_contradictions(config)


def _data_contradictions(config: "Config") -> Iterator[str]:
    sources, preprocessing = config.sources, config.preprocessing
    rows = table_kind(sources)
    if preprocessing.kind not in READS[rows]:
        yield (
            f"sources.kind={sources.kind} gives {rows}, which needs preprocessing.kind="
            f"{' or '.join(READS[rows])}, not {preprocessing.kind}"
        )
        return
    yield from _static_contradictions(config, rows)
    yield from _head_contradictions(config, rows)
    yield from _split_contradictions(config, rows)
    shift, frames = getattr(preprocessing, "shift", 0), getattr(preprocessing, "frames", None)
    flip = getattr(preprocessing, "flip", "none")
    for name, value, still in (("shift", shift, 0), ("flip", flip, "none")):
        if value != still and (
            frames == "patches"
            or (frames in ("rows", "columns") and getattr(preprocessing, "colour", None) == "rgb")
        ):
            yield (
                f"preprocessing.{name}={value} moves whole images, or rows and columns of grey ones; "
                f"preprocessing.frames={frames} needs {name}={still}"
            )
    volumes = "volumes" in (sources.kind, getattr(sources, "problem", None))
    if getattr(preprocessing, "volumes", None) == "files" and not volumes:
        yield (
            f"preprocessing.volumes=files makes a volume of each file, which needs sources.kind=volumes, not "
            f"{sources.kind}; use volumes=runs"
        )
    if getattr(preprocessing, "vectors", None) == "file" and not getattr(preprocessing, "vectors_file", None):
        yield "preprocessing.vectors=file needs preprocessing.vectors_file, the file with the vectors"


def _static_contradictions(config: "Config", rows: TableKind) -> Iterator[str]:
    """Find columns that are brought along and read by nothing, or the other way round."""
    static = config.preprocessing.static
    sources = config.sources.first if isinstance(config.sources, JoinedConfig) else config.sources
    settings = {
        "series": ("categories",),
        "samples": (),
        "text": ("channels", "categories"),
    }.get(rows, ("label_channels", "label_categories"))
    brought = {name: setting for setting in settings for name in _names(sources, setting)}
    unread = [name for name in brought if name not in static]
    if unread:
        yield (
            f"sources.{brought[unread[0]]} names {unread[0]}, which nothing of preprocessing.kind="
            f"{config.preprocessing.kind} reads but a static column; name it in preprocessing.static, too, or leave it "
            f"out"
        )
    known = {*brought, *_names(sources, "channels"), *_names(sources, "categories")}
    lacking = [name for name in static if name not in known]
    every = rows in ("series", "samples") and not _names(sources, "channels")  # all numeric columns are read
    if lacking and not every:
        wanted = [
            f"sources.{name}" for name in settings or ("channels", "categories") if hasattr(sources, name)
        ]
        yield (
            f"preprocessing.static names {lacking[0]}, which sources.kind={sources.kind} "
            + (f"brings along only where {' or '.join(wanted)} names it, too" if wanted else "does not have")
        )


def _names(sources: object, setting: str) -> tuple[str, ...]:
    """Return the columns that a setting of the source names; where it means something else, none."""
    named = getattr(sources, setting, ())
    return named if isinstance(named, tuple) else ()


def _head_contradictions(config: "Config", rows: TableKind) -> Iterator[str]:
    heads, kind = config.heads.kind, config.preprocessing.kind
    direction = getattr(config.preprocessing, "direction", None)
    if heads == "forecast" and kind != "windows":
        yield (
            f"heads.kind=forecast needs windows of a series, and preprocessing.kind={kind} gives single samples; "
            f"use classify, multilabel or regress"
        )
    table = config.sources.first if isinstance(config.sources, JoinedConfig) else config.sources
    if heads != "forecast" and isinstance(table, TableColumns) and not table.target and not direction:
        yield f"heads.kind={heads} needs sources.target, the column that holds what is learnt"
    if direction and heads != "classify":
        yield f"preprocessing.direction={direction} makes classes, up and down, and heads.kind={heads}; use classify"
    yield from _rare_contradictions(config, direction)
    if config.training.sampler == "balanced" and heads != "classify":
        yield f"training.sampler=balanced draws classes evenly, and heads.kind={heads} has none"


def _rare_contradictions(config: "Config", direction: str | None) -> Iterator[str]:
    heads, rare = config.heads, config.preprocessing.rare_classes
    if not rare.fewest:
        return
    told = f"preprocessing.rare_classes.fewest={rare.fewest} merges classes of the target"
    if heads.kind not in ("classify", "multilabel"):
        yield f"{told}, and heads.kind={heads.kind} asks for none; set fewest=0"
    elif direction:
        yield f"{told}, and preprocessing.direction={direction} makes the two classes up and down; set fewest=0"
    elif heads.kind == "multilabel" and heads.separator in rare.into:
        yield (
            f"preprocessing.rare_classes.into={rare.into!r} holds heads.separator={heads.separator!r}, so it would be "
            f"several labels; choose a name without it"
        )


def _split_contradictions(config: "Config", rows: TableKind) -> Iterator[str]:
    preprocessing, sources = config.preprocessing, config.sources
    split = preprocessing.split
    allowed = (
        ("time", "group", "leave_one_out", "walk", "folds")
        if preprocessing.kind == "windows"
        else get_args(type(split).model_fields["kind"].annotation)
    )
    if split.kind not in allowed:
        yield (
            f"preprocessing.split.kind={split.kind} would leak or means nothing for preprocessing.kind="
            f"{preprocessing.kind}; allowed: {', '.join(allowed)}"
        )
    if (split.purge or split.embargo) and split.kind not in ("time", "walk", "folds"):
        yield (
            f"preprocessing.split.purge={split.purge} and embargo={split.embargo} leave out time steps, which needs "
            f"preprocessing.split.kind=time, walk or folds"
        )
    if preprocessing.kind == "whole" and split.kind in ("group", "leave_one_out"):
        yield (
            f"preprocessing.split.kind={split.kind} keeps whole groups on one side, and with preprocessing.kind=whole "
            f"each group is a single sample; use stratified, folds, given or time"
        )
    if sources.kind in ("ucr", "generated") and split.by_time:
        name = "folds_of=time" if split.kind == "folds" else f"kind={split.kind}"
        yield f"preprocessing.split.{name} needs times, and sources.kind={sources.kind} has none"
    table = sources.first if isinstance(sources, JoinedConfig) else sources
    given = [getattr(table, name, None) for name in ("group", "group_pattern", "label_group", "groups")]
    grouped = any(given) or table.kind == "wfdb"
    if (split.purge or split.embargo) and split.kind == "folds" and split.by_groups and grouped:
        yield (
            f"preprocessing.split.purge={split.purge} and embargo={split.embargo} leave out time steps, and "
            f"preprocessing.split.kind=folds keeps whole groups on one side; set folds_of=time, or both to 0"
        )
    if split.kind in ("group", "leave_one_out") and not grouped:
        name = "sources.group" if isinstance(table, TableColumns) else "sources.group_pattern"
        name = "sources.groups" if table.kind == "generated" else name
        yield f"preprocessing.split.kind={split.kind} needs {name}, which says what belongs together"


def _portfolio_contradictions(config: "Config") -> Iterator[str]:
    """Yield what keeps the forecasts from being returns of several assets at common times."""
    heads, preprocessing, sources = config.heads, config.preprocessing, config.sources
    kind = config.evaluation.portfolio.kind
    if kind == "none":
        return
    if heads.kind != "forecast" or len(heads.targets) != 1:
        found = f"heads.targets names {len(heads.targets)}" if heads.kind == "forecast" else heads.kind
        yield (
            f"evaluation.portfolio.kind={kind} buys what one forecast channel says, the return: it needs "
            f"heads.kind=forecast and one name in heads.targets, not {found}"
        )
        return
    changes, changed = getattr(preprocessing, "changes", "none"), getattr(preprocessing, "changed", ())
    if changes != "returns" or (changed and heads.targets[0] not in changed):
        yield (
            f"evaluation.portfolio.kind={kind} buys returns, and {heads.targets[0]} is forecast as it is or as "
            f"differences; it needs preprocessing.changes=returns, and the channel in preprocessing.changed"
        )
    table = sources.first if isinstance(sources, JoinedConfig) else sources
    if not getattr(table, "group", None) or not getattr(table, "time", None):
        yield (
            f"evaluation.portfolio.kind={kind} divides money between groups at times that they share; it needs "
            f"sources.group, such as the ticker, and sources.time"
        )


def _network_contradictions(config: "Config") -> Iterator[str]:
    model, extraction = config.model, config.extraction
    frames = _frames(config)
    if model.order != "lstm":
        yield from _extraction_contradictions(config, frames)
    yield from _staging_contradictions(config)
    if frames == "whole" and model.order in ("lstm", "lstm-cnn", "parallel"):
        yield (
            f"model.order={model.order} gives the image to the recurrent network first, and "
            f"preprocessing.frames=whole is a single step; use frames=rows, columns or patches"
        )
    yield from _map_contradictions(config, frames)
    if model.steps == "shuffled" and frames == "whole":
        yield "model.steps=shuffled needs several steps, and preprocessing.frames=whole is a single one; use in_order"
    if model.steps == "shuffled" and extraction.freeze:
        yield (
            "model.steps=shuffled puts the steps in front of the CNN in disorder anew in every epoch, and "
            "extraction.freeze=true computes its features once; set freeze=false"
        )
    if frames == "tokens" and model.input_norm == "batch":
        yield "model.input_norm=batch normalises measurements, and the tokens of a text are none; use none"
    if (
        frames == "tokens"
        and model.embedding == "frozen"
        and getattr(config.preprocessing, "vectors", None) == "none"
    ):
        yield (
            "model.embedding=frozen keeps vectors as preprocess left them, and preprocessing.vectors=none makes them "
            "at random; use vectors=file or corpus, or embedding=tuned"
        )
    second = getattr(config.preprocessing, "second", None)
    if second and second.tokens != "none" and second.vectors == "none" and model.embedding == "frozen":
        yield (
            "model.embedding=frozen keeps vectors as preprocess left them, and preprocessing.second.vectors=none makes "
            "them at random; use second.vectors=corpus, or embedding=tuned"
        )
    if model.streams != "one" and (frames in ("tokens", "rows", "columns") or model.channels == "each"):
        what = "channels=each" if model.channels == "each" else f"steps that are {frames}"
        yield (
            f"model.streams divides the channels of a step, which does not go with {what}; use model.streams=one"
            + (" (for a second stream of texts there is preprocessing.second)" if frames == "tokens" else "")
        )
    shift: int = getattr(config.preprocessing, "shift", 0)
    flip: str = getattr(config.preprocessing, "flip", "none")
    if extraction.freeze and (shift or flip != "none"):
        yield (
            f"extraction.freeze=true computes the features once, so preprocessing.shift={shift} and flip={flip} could "
            f"not move the images anew in every epoch; set shift=0 and flip=none"
        )
    if extraction.freeze and (
        model.order not in ("cnn-lstm", "cnn") or model.repeat > 1 or model.channels == "each"
    ):
        yield (
            f"extraction.freeze=true keeps the features of one CNN that comes first, which needs model.order=cnn-lstm "
            f"or cnn, repeat=1 and channels=together; they are {model.order}, {model.repeat} and {model.channels}"
        )
    if config.heads.kind != "forecast":
        for name, value in (("input_norm", "instance"), ("channels", "each"), ("highway", "linear")):
            if getattr(model, name) == value:
                yield f"model.{name}={value} is for forecasts, and heads.kind={config.heads.kind}"


def _map_contradictions(config: "Config", frames: str | None) -> Iterator[str]:
    """Yield what keeps a recurrent network whose state is a map from getting maps over several steps."""
    model = config.model
    if config.temporal.kind != "convlstm" or model.order == "cnn":
        return
    if frames not in ("patches", "clips"):
        yield (
            f"temporal.kind=convlstm follows images from step to step, which needs clips or preprocessing.frames="
            f"patches, not {frames or config.preprocessing.kind}; use temporal.kind=lstm"
        )
    elif model.repeat > 1:
        yield f"temporal.kind=convlstm gives vectors, so none stands on top of it: model.repeat={model.repeat}; use 1"
    elif model.order == "cnn-lstm" and getattr(config.extraction, "steps", None) != "maps":
        yield (
            "temporal.kind=convlstm behind a CNN reads its maps, which needs extraction.kind=conv2d and "
            "extraction.steps=maps"
        )


def _frames(config: "Config") -> str | None:
    """Return what steps hold: `whole`, `patches`, `clips`, `volumes`, `rows`, `columns`, `tokens`; None: numbers."""
    kind = config.preprocessing.kind
    if getattr(config.preprocessing, "volumes", "none") != "none":
        return "volumes"
    if kind in ("clips", "text"):
        return "clips" if kind == "clips" else "tokens"
    return getattr(config.preprocessing, "frames", None)


def _extraction_contradictions(config: "Config", frames: str | None) -> Iterator[str]:
    model, kind = config.model, config.extraction.kind
    reads = "images" if kind in IMAGE_KINDS else "volumes" if kind in VOLUME_KINDS else "vectors"
    if frames in ("whole", "patches", "clips"):
        if reads != "images" and (model.order != "lstm-cnn" or reads == "volumes"):
            yield (
                f"extraction.kind={kind} cannot read preprocessing.frames={frames}; images need {_named(IMAGE_KINDS)}"
            )
    elif frames == "volumes":
        if reads != "volumes" and (model.order != "lstm-cnn" or reads == "images"):
            yield (
                f"extraction.kind={kind} cannot read volumes, and preprocessing.volumes="
                f"{getattr(config.preprocessing, 'volumes', None)} makes them; they need extraction.kind=conv3d"
            )
    elif frames in ("rows", "columns") and reads != "vectors":
        yield f"extraction.kind={kind} cannot read preprocessing.frames={frames}; vectors need {_named(VECTOR_KINDS)}"
    elif frames in (None, "tokens") and reads != "vectors":
        yield f"extraction.kind={kind} needs {reads}; {config.preprocessing.kind} needs {_named(VECTOR_KINDS)}"
    if reads != "vectors" and (model.repeat > 1 or model.order == "lstm-cnn"):
        yield (
            f"model.order={model.order} with model.repeat={model.repeat} convolves over features, which needs "
            f"{_named(VECTOR_KINDS)}"
        )


def _named(kinds: tuple[str, ...]) -> str:
    return f"extraction.kind={', '.join(kinds[:-1])} or {kinds[-1]}"


def _staging_contradictions(config: "Config") -> Iterator[str]:
    extraction, model, epochs = config.extraction, config.model, config.training.epochs
    frozen = extraction.frozen_epochs
    for name, value, plain in (("frozen_epochs", frozen, 0), ("rate_factor", extraction.rate_factor, 1)):
        if value == plain:
            continue
        if extraction.freeze:
            yield f"extraction.{name}={value} is about training the extractor, and extraction.freeze=true never does"
        elif model.order not in ("cnn-lstm", "cnn") or model.repeat > 1:
            yield (
                f"extraction.{name}={value} is about a CNN that comes first, which needs model.order=cnn-lstm or cnn "
                f"and repeat=1; they are {model.order} and {model.repeat}"
            )
    if frozen >= epochs:
        yield (
            f"extraction.frozen_epochs={frozen} with training.epochs={epochs} never trains the extractor; use "
            f"extraction.freeze=true for that, or fewer frozen epochs"
        )
    if (extraction.freeze or frozen) and extraction.weights is None and extraction.epochs == 0:
        name = "freeze=true" if extraction.freeze else f"frozen_epochs={frozen}"
        yield (
            f"extraction.{name} keeps weights that nothing has fitted: extraction.epochs=0 leaves them as chance made "
            f"them, and there are no extraction.weights; give epochs of 1 or more, or a file of weights"
        )
