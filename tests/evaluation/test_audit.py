from pipeline.evaluation.report_audit import audit_section
from pipeline.leakage.findings import Finding, Findings

FOUND = Findings(
    findings=(
        Finding(check="groups", severity="none", sentence="No group stands on two sides."),
        Finding(check="image size", severity="note", sentence="All images have one size."),
        Finding(check="label by file", severity="warning", sentence="The file tells the class.", count=2),
        Finding(
            check="copies", severity="leak", sentence="12 of 300 are copies.", count=12, of=300,
            examples=tuple(f"a{n}.png = b{n}.png" for n in range(9)),
        ),
    )
)  # fmt: skip


def test_the_worst_finding_comes_first_with_its_counts_and_some_examples():
    section = audit_section(FOUND)

    assert [row.severity for row in section.rows] == ["leak", "warning", "note"]
    assert section.rows[0].share == "12 of 300"
    assert len(section.rows[0].examples) == 5
    assert section.rows[0].more == 4
    assert section.clean == "groups"
    assert not section.is_clean
    assert "was there while the model learnt" in section.lead


def test_notes_alone_raise_no_alarm():
    section = audit_section(Findings(findings=FOUND.findings[:2]))

    assert section.is_clean
    assert section.lead == "Nothing says that the test score is inflated."


def test_without_an_audit_there_is_no_section():
    assert audit_section(Findings(findings=())) is None
