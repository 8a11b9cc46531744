"""The report shows what a wrongly answered text says, shortened, and never as markup."""

from dataclasses import replace

import polars as pl

from pipeline.evaluation.panel import judge_classes, judge_labels
from pipeline.evaluation.report import report_html
from pipeline.evaluation.texts import shown_texts


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
