"""WFDB records: values, times and beats."""

from datetime import date, datetime, time

import numpy as np
import pytest

from pipeline.foundation.errors import ConfigError, DataError
from pipeline.sources.build import build_source
from pipeline.sources.config import WfdbConfig

wfdb = pytest.importorskip("wfdb")
VALUES = np.cumsum(np.random.default_rng(0).normal(size=(60, 2)), axis=0)


def read(folder, **settings):
    return build_source(WfdbConfig(path="p", **settings), folder).read()


def test_values_are_those_of_the_library_and_times_follow_the_rate(tmp_path, write):
    write.record(tmp_path / "p", "r", VALUES, rate=360, base_date=date(2001, 2, 3), base_time=time(4, 5, 6))

    table = read(tmp_path)

    expected = wfdb.rdrecord(str(tmp_path / "p" / "r")).p_signal
    assert table.channels == ("I", "II")
    assert np.array_equal(table.frame.select("I", "II").to_numpy(), expected)
    assert table.frame["group"].unique().to_list() == ["r"]
    assert table.frame["time"][0] == datetime(2001, 2, 3, 4, 5, 6)
    assert table.frame["time"][36] == datetime(2001, 2, 3, 4, 5, 6, 100_000)


def test_values_do_not_depend_on_how_many_are_read_at_a_time(tmp_path, write, monkeypatch):
    write.record(tmp_path / "p", "r", VALUES, beats=[(20, "N")])
    expected = read(tmp_path, annotations="atr").frame
    monkeypatch.setattr("pipeline.sources.wfdb.PIECE", 7)

    assert read(tmp_path, annotations="atr").frame.equals(expected)


def test_invalid_samples_are_null(tmp_path, write):
    holes = VALUES.copy()
    holes[3:5, 1] = np.nan
    write.record(tmp_path / "p", "r", holes)

    frame = read(tmp_path).frame

    assert frame["II"].is_null().arg_true().to_list() == [3, 4]


def test_a_row_has_the_symbol_of_the_nearest_beat(tmp_path, write):
    write.record(tmp_path / "p", "r", VALUES, beats=[(5, "+"), (10, "N"), (20, "V"), (51, "A")])

    targets = read(tmp_path, annotations="atr").frame["target"]

    assert targets.rle().struct.unnest().rows() == [(16, "N"), (20, "V"), (24, "A")]


def test_leads_are_chosen_by_name_wherever_they_stand(tmp_path, write):
    write.record(tmp_path / "p", "a", VALUES, leads=("I", "II"))
    write.record(tmp_path / "p", "b", VALUES, leads=("II", "I"))

    frame = read(tmp_path).frame

    first, second = (frame.filter(group=name) for name in "ab")
    assert np.abs(first["I"].to_numpy() - second["II"].to_numpy()).max() < 1e-9
    assert read(tmp_path, channels=("II",)).channels == ("II",)


def test_undated_records_of_one_patient_follow_one_another(tmp_path, write):
    for name in ("s1_a", "s1_b"):
        write.record(tmp_path / "p", name, VALUES)

    frame = read(tmp_path, group_pattern="^(s1)").frame

    assert frame["group"].unique().to_list() == ["s1"]
    assert frame["time"].is_sorted()
    assert frame["time"].diff()[60].total_seconds() > 3600


def test_dated_records_of_one_patient_that_overlap_are_refused(tmp_path, write):
    for name in ("s1_a", "s1_b"):
        write.record(tmp_path / "p", name, VALUES, base_date=date(2001, 2, 3), base_time=time(4, 5, 6))

    with pytest.raises(DataError, match="before another record of the group s1 ends"):
        read(tmp_path, group_pattern="^(s1)")


def test_a_record_of_several_segments_is_one(tmp_path, write):
    write.record(tmp_path / "p", "m1", VALUES[:20])
    write.record(tmp_path / "p", "m2", VALUES[20:])
    (tmp_path / "p" / "m.hea").write_text("m/2 2 100 60\nm1 20\nm2 40\n")

    frame = read(tmp_path).frame

    assert frame["group"].unique().to_list() == ["m"]
    assert np.array_equal(
        frame.select("I", "II").to_numpy(), wfdb.rdrecord(str(tmp_path / "p" / "m")).p_signal
    )


def damage(folder, *, header=None, signal=None):
    for path, change in ((folder / "r.hea", header), (folder / "r.dat", signal)):
        if change:
            path.write_bytes(change(path.read_bytes()))


BROKEN = {
    "an empty header": ({"header": lambda _: b""}, "no readable WFDB header"),
    "text": ({"header": lambda _: b"hello world"}, "no readable WFDB header"),
    "no signal file": ({"header": lambda text: text.replace(b"r.dat", b"s.dat")}, "names the signal file s.dat"),
    "a truncated signal file": ({"signal": lambda values: values[:-1]}, "which need 240 bytes, and r.dat has 239"),
    "an empty signal file": ({"signal": lambda _: b""}, "r.dat has 0"),
    "a damaged signal file": (
        {"signal": lambda values: values[:100] + bytes([values[100] ^ 1]) + values[101:]},
        "do not add up to the checksum",
    ),
    "an absurd length": (
        {"header": lambda text: text.replace(b" 60", b" 99999999999999")}, "claims 99999999999999 samples",
    ),
    "no rate": ({"header": lambda text: text.replace(b"100 60", b"0 60")}, "samples at 0 per second"),
    "an unknown format": ({"header": lambda text: text.replace(b"r.dat 16", b"r.dat 999")}, "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_record_is_refused_in_a_sentence(tmp_path, write, case):
    changes, sentence = BROKEN[case]
    write.record(tmp_path / "p", "r", VALUES)
    damage(tmp_path / "p", **changes)

    with pytest.raises(DataError) as error:
        read(tmp_path)

    assert sentence in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_a_record_without_a_lead_of_the_others_is_refused(tmp_path, write):
    write.record(tmp_path / "p", "a", VALUES)
    write.record(tmp_path / "p", "b", VALUES, leads=("I", "V5"))

    with pytest.raises(DataError, match=r"b\.hea has not exactly one lead II; it has: I, V5"):
        read(tmp_path)


def test_annotations_that_are_not_there_are_refused(tmp_path, write):
    write.record(tmp_path / "p", "r", VALUES)

    with pytest.raises(DataError, match=r"r\.hea has no readable annotations \.atr"):
        read(tmp_path, annotations="atr")


def test_two_targets_are_a_wrong_setting(tmp_path):
    with pytest.raises(ConfigError, match="both name the target"):
        build_source(WfdbConfig(path="p", annotations="atr", target_pattern="(x)"), tmp_path)
