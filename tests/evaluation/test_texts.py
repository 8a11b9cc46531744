"""The report shows what a wrongly answered text says, or its file, shortened, and never as markup."""

from dataclasses import replace

import polars as pl

from pipeline.evaluation.panel import judge_classes, judge_labels, judge_numbers
from pipeline.evaluation.report import report_html
from pipeline.evaluation.texts import shown_origins, shown_texts


def texts(judged, text):
    ids = judged.details.truth.samples.ids
    return pl.LazyFrame({"sample_id": ids, "text": [text] * len(ids)})


def test_texts_are_found_by_sample_put_on_one_line_and_shortened():
    frame = pl.LazyFrame({"sample_id": [3, 5, 7], "text": ["a\nb", None, "long " * 100]})

    shown = shown_texts(frame, [5, 3, 7])

    assert (shown[3], shown[5]) == ("a b", "(empty)")
    assert len(shown[7]) <= 160
    assert shown_texts(None, [3]) == {}


def test_a_wrong_text_stands_beside_target_and_prediction_and_is_escaped(class_case, label_case):
    hostile = "I <script>alert(1)</script> was wrong"
    for judged in (judge_classes(class_case(("a", "b"))), judge_labels(label_case(("a", "b", "c")))):
        page = report_html(replace(judged, texts=texts(judged, hostile)))

        assert "I &lt;script&gt;alert(1)&lt;/script&gt; was wrong" in page
        assert hostile not in page
        assert "<th>Text</th>" not in report_html(judged)


def test_files_are_found_by_sample_and_shortened_in_their_middle():
    long = "scans/" + "deep/" * 40 + "cat 7.png"
    frame = pl.LazyFrame({"sample_id": [3, 5, 7], "origin": ["a/cat.png", None, long]})

    shown = shown_origins(frame, [5, 3, 7])

    assert (shown[3], shown[5]) == ("a/cat.png", "")
    assert len(shown[7]) <= 60
    assert shown[7].startswith("scans/deep/")
    assert shown[7].endswith("cat 7.png")
    assert shown_origins(None, [3]) == {}
    assert shown_origins(frame, [5]) == {}  # a column of nothing would only take room


def test_a_wrong_sample_is_shown_with_its_file(class_case, label_case, number_case):
    cases = judge_classes(class_case(("a", "b"))), judge_labels(label_case(("a", "b", "c")))
    for judged in (*cases, judge_numbers(number_case())):
        ids = judged.details.truth.samples.ids
        origins = pl.LazyFrame({"sample_id": ids, "origin": [f"<b>/photo {number}.png" for number in ids]})

        page = report_html(replace(judged, origins=origins))

        assert "<th>From</th>" in page
        assert "&lt;b&gt;/photo " in page
        assert "<th>From</th>" not in report_html(judged)
