"""From a rule to the expectation that judges it, and to the words that tell what it wants."""

from typing import TYPE_CHECKING, assert_never

from pipeline.quality.judge import VALUE, load_expectations
from pipeline.quality.suite import (
    AnyProfileRule,
    AnyRowRule,
    Between,
    ClassesPresent,
    ClassRule,
    ColumnRule,
    Finite,
    Length,
    Matches,
    NotNull,
    OneOf,
    Readable,
    TableRule,
    UniqueTime,
)

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

LARGEST = 1.797_693_134_862_315_7e308
"""The largest finite float: what lies between it and its negative is finite."""


def build_expectation(rule: AnyProfileRule | AnyRowRule, *, as_text: bool = False) -> "Expectation":
    """Return the expectation for ``rule`` over the column ``value``; mypy fails if a rule is forgotten.

    Args:
        rule: The rule.
        as_text: Whether the column holds text, so that `one_of: [0, 1]` means "0" and "1".
    """
    gxe = load_expectations()
    match rule:
        case ColumnRule() | TableRule() | ClassRule() | Between():
            return gxe.ExpectColumnValuesToBeBetween(column=VALUE, min_value=rule.min, max_value=rule.max)
        case ClassesPresent():
            return gxe.ExpectColumnDistinctValuesToContainSet(column=VALUE, value_set=list(rule.names))
        case NotNull():
            return gxe.ExpectColumnValuesToNotBeNull(column=VALUE)
        case Finite():
            return gxe.ExpectColumnValuesToBeBetween(column=VALUE, min_value=-LARGEST, max_value=LARGEST)
        case OneOf():
            values = [str(value) for value in rule.values] if as_text else list(rule.values)
            return gxe.ExpectColumnValuesToBeInSet(column=VALUE, value_set=values)
        case Matches():
            return gxe.ExpectColumnValuesToMatchRegex(column=VALUE, regex=rule.pattern)
        case Length():
            return gxe.ExpectColumnValueLengthsToBeBetween(
                column=VALUE, min_value=rule.min, max_value=rule.max
            )
        case Readable():
            return gxe.ExpectColumnValuesToBeNull(column=VALUE)
        case UniqueTime():
            return gxe.ExpectCompoundColumnsToBeUnique(
                column_list=["group", "time"], ignore_row_if="any_value_is_missing"
            )
        case _:
            assert_never(rule)


def wanted(rule: AnyProfileRule | AnyRowRule) -> str:
    """Return what ``rule`` wants, such as ``at most 0.05``."""
    match rule:
        case ColumnRule() | TableRule() | ClassRule() | Between():
            return _range(rule.min, rule.max)
        case ClassesPresent():
            return f"rows of {_listed(rule.names)}"
        case NotNull():
            return "not empty"
        case Finite():
            return "finite"
        case OneOf():
            return f"one of {_listed(rule.values)}"
        case Matches():
            return f"matching {rule.pattern}"
        case Length():
            return f"{rule.min} to {rule.max} characters"
        case Readable():
            return "readable"
        case UniqueTime():
            return "one row for each group and time"
        case _:
            assert_never(rule)


def problem(rule: AnyRowRule) -> str:
    """Return what is wrong with a row that breaks ``rule``, to follow the column's name."""
    match rule:
        case NotNull():
            return "is empty"
        case Between():
            return f"is not {_range(rule.min, rule.max)}"
        case Readable():
            return "says that the image cannot be read"
        case UniqueTime():
            return "repeat those of another row"
        case Finite() | OneOf() | Matches() | Length():
            return f"is not {wanted(rule)}"
        case _:
            assert_never(rule)


def _range(low: object, high: object) -> str:
    if low is None:
        return f"at most {_bound(high)}"
    if high is None:
        return f"at least {_bound(low)}"
    return f"{_bound(low)} to {_bound(high)}"


def _bound(value: object) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _listed(values: tuple[object, ...], most: int = 12) -> str:
    shown = ", ".join(str(value) for value in values[:most])
    return shown + (f" and {len(values) - most} more" if len(values) > most else "")
