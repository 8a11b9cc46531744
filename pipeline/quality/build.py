"""From a rule to the expectation that judges it, and to the words that tell what it wants."""

from typing import TYPE_CHECKING, assert_never

from pipeline.quality.judge import VALUE, load_expectations
from pipeline.quality.rules_reference import ReferenceColumnRule, ReferenceTableRule
from pipeline.quality.rules_rows import (
    Between,
    Duration,
    Finite,
    HasWords,
    InLanguage,
    InScript,
    Length,
    Matches,
    NotBelow,
    NotBlank,
    NotNull,
    NotSilent,
    OneOf,
    Positive,
    Readable,
    UniqueTime,
)
from pipeline.quality.suite import (
    AnyProfileRule,
    AnyReferenceRule,
    AnyRowRule,
    ClassesPresent,
    ClassRule,
    ColumnRule,
    TableRule,
)

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

LARGEST = 1.797_693_134_862_315_7e308
"""The largest finite float: what lies between it and its negative is finite."""


def build_expectation(
    rule: AnyProfileRule | AnyRowRule | AnyReferenceRule, *, as_text: bool = False
) -> "Expectation":
    """Return the expectation for ``rule`` over the column ``value``; mypy fails if a rule is forgotten.

    The column holds cells, or what :mod:`pipeline.quality.cells` measured of them.

    Args:
        rule: The rule.
        as_text: Whether the column holds text, so that `one_of: [0, 1]` means "0" and "1".
    """
    gxe = load_expectations()
    match rule:
        case ClassesPresent():
            return gxe.ExpectColumnDistinctValuesToContainSet(column=VALUE, value_set=list(rule.names))
        case NotNull():
            return gxe.ExpectColumnValuesToNotBeNull(column=VALUE)
        case OneOf():
            values = [str(value) for value in rule.values] if as_text else list(rule.values)
            return gxe.ExpectColumnValuesToBeInSet(column=VALUE, value_set=values)
        case InLanguage():
            return gxe.ExpectColumnValuesToBeInSet(column=VALUE, value_set=list(rule.names))
        case Matches():
            return gxe.ExpectColumnValuesToMatchRegex(column=VALUE, regex=rule.pattern)
        case Length():
            return gxe.ExpectColumnValueLengthsToBeBetween(
                column=VALUE, min_value=rule.min, max_value=rule.max
            )
        case Positive():
            return gxe.ExpectColumnValuesToBeBetween(column=VALUE, min_value=0, strict_min=True)
        case Readable():
            return gxe.ExpectColumnValuesToBeNull(column=VALUE)
        case UniqueTime():
            return gxe.ExpectCompoundColumnsToBeUnique(
                column_list=["group", "time"], ignore_row_if="any_value_is_missing"
            )
        case _:
            low, high = bounds_of(rule)
            return gxe.ExpectColumnValuesToBeBetween(column=VALUE, min_value=low, max_value=high)


def bounds_of(
    rule: ColumnRule | TableRule | ClassRule | Between | Finite | NotBelow | HasWords | InScript | NotBlank
    | NotSilent | Duration | ReferenceColumnRule | ReferenceTableRule,
) -> tuple[object, object]:  # fmt: skip
    """Return what a measured value lies between."""
    match rule:
        case Finite():
            return -LARGEST, LARGEST
        case NotBelow():
            return 0.0, None
        case HasWords() | NotBlank():
            return rule.least, None
        case InScript():
            return rule.share, None
        case NotSilent():
            return rule.decibels, None
        case (
            ColumnRule() | TableRule() | ClassRule() | Between() | Duration()
            | ReferenceColumnRule() | ReferenceTableRule()
        ):  # fmt: skip
            return rule.min, rule.max
        case _:
            assert_never(rule)


def wanted(rule: AnyProfileRule | AnyRowRule | AnyReferenceRule) -> str:
    """Return what ``rule`` wants, such as ``at most 0.05``."""
    match rule:
        case ClassesPresent():
            return f"rows of {_listed(rule.names)}"
        case NotNull():
            return "not empty"
        case Finite():
            return "finite"
        case Positive():
            return "above 0"
        case NotBelow():
            return f"not below {_listed(rule.others)}"
        case OneOf():
            return f"one of {_listed(rule.values)}"
        case Matches():
            return f"matching {rule.pattern}"
        case Length():
            return f"{rule.min} to {rule.max} characters"
        case HasWords():
            return f"{rule.least} letter{'s' if rule.least > 1 else ''} or more beside markup, links and mentions"
        case InLanguage():
            return f"in {_listed(rule.names)}"
        case InScript():
            return f"letters {_listed(rule.names)}, {rule.share:.0%} of them or more"
        case Readable():
            return "readable"
        case NotBlank():
            return f"pixels that differ by {rule.least} or more"
        case NotSilent():
            return f"louder than {rule.decibels:g} dB"
        case Duration():
            return f"{_range(rule.min, rule.max)} seconds"
        case UniqueTime():
            return "one row for each group and time"
        case _:
            return _range(rule.min, rule.max)


def problem(rule: AnyRowRule) -> str:
    """Return what is wrong with a row that breaks ``rule``, to follow the column's name."""
    match rule:
        case NotNull():
            return "is empty"
        case Between():
            return f"is not {_range(rule.min, rule.max)}"
        case NotBelow():
            return f"is below {_listed(rule.others)}"
        case HasWords():
            return "has no words beside markup, links and mentions"
        case InScript():
            return f"is not written in {_listed(rule.names)}"
        case Readable():
            return "says that it cannot be read"
        case NotBlank():
            return "is blank: one brightness everywhere"
        case NotSilent():
            return f"is silent: nowhere above {rule.decibels:g} dB"
        case UniqueTime():
            return "repeat those of another row"
        case Finite() | OneOf() | Matches() | Length() | Positive() | InLanguage() | Duration():
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
