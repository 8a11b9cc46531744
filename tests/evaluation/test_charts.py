import numpy as np
import pytest

from pipeline.evaluation.charts import Line, heat_map, line_chart, nice_ticks


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0.0, 1.0, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (-3.0, 12.0, ["−5", "0", "5", "10", "15"]),
        (0.0, 1.24, ["0.00", "0.25", "0.50", "0.75", "1.00", "1.25"]),
        (0.0, 5_200_000.0, ["0", "2M", "4M", "6M"]),
        (1.0e9, 1.2e9, ["1,000M", "1,050M", "1,100M", "1,150M", "1,200M"]),
        (0.0, 48_000.0, ["0", "10,000", "20,000", "30,000", "40,000", "50,000"]),
    ],
)
def test_ticks_stand_at_round_numbers_that_cover_the_values(low, high, labels):
    assert [tick.label for tick in nice_ticks(low, high, 5)] == labels


def test_a_constant_line_still_gets_an_axis():
    ticks = nice_ticks(3.0, 3.0, 5)

    assert ticks[0].at < 3.0 < ticks[-1].at


def test_epochs_are_counted_in_whole_numbers():
    chart = line_chart([Line("loss", "model", [0, 1, 2], [3.0, 2.0, 1.0])], titles=("epoch", "loss"))

    assert [tick.label for tick in chart.x_ticks] == ["0", "1", "2"]


def test_lines_above_the_cap_are_named_and_all_others_stay_inside():
    lines = [Line("bad", "other-0", [1, 2], [50.0, 60.0]), Line("good", "model", [1, 2], [1.0, 2.0])]

    chart = line_chart(lines, titles=("step", "error"), cap=4.0)

    assert chart.leaves == ("bad",)
    inside = [chart.top <= y <= chart.bottom for _, y, _ in chart.lines[1].dots]
    assert all(inside)


def test_a_long_line_is_thinned():
    steps = list(range(100_000))

    chart = line_chart([Line("long", "model", steps, steps)], titles=("", ""))

    assert chart.lines[0].path.count("L") <= 500


def test_a_confusion_matrix_has_a_cell_per_pair_that_occurred():
    counts = np.array([[8, 2, 0], [0, 10, 0], [0, 0, 0]])

    drawn = heat_map(counts, ["cat", "dog", "cow"])

    assert [(cell.count, cell.is_hit) for cell in drawn.cells] == [(8, True), (2, False), (10, True)]
    assert drawn.cells[2].weight == 1.0
    assert drawn.cells[1].told == "cat taken for dog: 2 of 10"
