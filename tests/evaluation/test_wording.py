import pytest

from pipeline.evaluation.wording import apart, listed, number, numbers, percent, plural, short, signed


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.97456, "0.975"), (1.2943, "1.294"), (-0.5, "−0.500"), (0.0123, "0.012"), (0.00123, "0.00123"),
     (123.456, "123.5"), (1234567.0, "1,234,567"), (195650330.0, "195.7 million"), (-4.889e9, "−4.889 billion"),
     (2e15, "2.000e+15"), (0.0, "0.000"), (3e-7, "3.0e-07")],
)  # fmt: skip
def test_numbers_keep_the_digits_that_matter(value, text):
    assert number(value) == text


def test_numbers_read_together_have_equal_decimals():
    assert numbers(0.0194, 0.0028, 0.0361) == ["0.019", "0.003", "0.036"]
    assert numbers(-0.00067, -0.0057, 0.0048) == ["−0.0007", "−0.0057", "0.0048"]
    assert numbers(0.0) == ["0.000"]


@pytest.mark.parametrize(
    ("pair", "texts"),
    [((0.9, 0.85), ("0.900", "0.850")), ((0.0551, 0.0549), ("0.0551", "0.0549")),
     ((1234.51, 1234.49), ("1,234.51", "1,234.49")), ((0.5, 0.5), ("0.500", "0.500")),
     ((-0.12341, -0.12342), ("−0.12341", "−0.12342")), ((2e6, 1e6), ("2,000,000", "1,000,000"))],
)  # fmt: skip
def test_two_numbers_that_differ_look_different(pair, texts):
    assert apart(*pair) == texts


def test_a_difference_shows_its_sign_unless_it_is_zero():
    assert [signed(text) for text in ("0.019", "−0.019", "0.000")] == ["+0.019", "−0.019", "0.000"]


def test_words_follow_their_number():
    assert (plural(1, "window"), plural(2785, "window")) == ("1 window", "2,785 windows")
    assert percent(0.95) == "95 %"
    assert percent(0.999) == "99.9 %"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(list("abcdef")) == "a, b, c and 3 more"


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("two\nlines", "two lines"),
        ("", "(empty)"),
        ("\x00\x1b", "(empty)"),
        ("x" * 30, "x" * 15 + "…" + "x" * 8),
    ],
)
def test_any_name_becomes_one_short_line(name, line):
    assert short(name) == line
