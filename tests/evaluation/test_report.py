from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from pipeline.evaluation.division import Division
from pipeline.evaluation.panel import judge_classes, judge_forecasts, judge_labels, judge_numbers
from pipeline.evaluation.report import report_html
from pipeline.evaluation.report_forecast import look_back
from pipeline.leakage.findings import Finding
from tests.browser import CHROMIUM, opened_browser

SCRIPT = "<script>document.title='owned';alert(1)</script>"
HOSTILE = (
    SCRIPT,
    "$\\alpha$ & <b>bold</b>",
    '"><img src=x onerror=alert(1)>',
    "x" * 200,
    "",
    "日本語",
    "a\nb",
)
FINDINGS = (
    Finding(
        check="exact duplicates", severity="leak", count=12, of=300,
        sentence="12 of 300 test samples are copies of training samples. Set preprocessing.split.duplicates=together.",
        examples=(SCRIPT, "yes/Y12.jpg = yes/Y13.jpg", "x" * 300, "a", "b", "c", "d"),
    ),
    Finding(check=SCRIPT, severity="warning", sentence=f"The image size tells the class {SCRIPT}.", count=3),
    Finding(check="groups", severity="none", sentence="No group stands on two sides."),
    Finding(check="near-duplicates", severity="none", sentence="None."),
)  # fmt: skip
LONG = tuple(f"a long class name without mercy, number {index}" for index in range(25))


@pytest.fixture(scope="module")
def browser():
    if not CHROMIUM.is_file():
        pytest.skip(f"{CHROMIUM} is not here: a real browser has to open the report")
    with sync_playwright() as playwright, opened_browser(playwright) as browser:
        yield browser


def cases(class_case, forecast_case, label_case, number_case):
    return {
        "ten classes": judge_classes(class_case(tuple("0123456789"))),
        "hostile classes": judge_classes(class_case(HOSTILE, groups=[SCRIPT, "<i>"] * 200)),
        "many long classes": judge_classes(class_case(LONG, skills=(1.5, 1.4))),
        "more classes than a matrix holds": judge_classes(class_case(tuple(map(str, range(60))), count=600)),
        "no history": judge_classes(class_case(("a", "b"), histories=[])),
        "one sample": judge_classes(class_case(("a", "b"), count=1)),
        "seven channels": judge_forecasts(forecast_case([f"channel {n}" for n in range(7)])),
        "hostile channel": judge_forecasts(forecast_case([SCRIPT], windows=60, steps=4, errors=(0.5, 0.3))),
        "labels": judge_labels(label_case(tuple(f"emotion {n}" for n in range(12)), findings=FINDINGS)),
        "hostile labels": judge_labels(
            label_case(HOSTILE, groups=[SCRIPT, "<i>"] * 200, findings=FINDINGS[2:])
        ),
        "one sample of labels": judge_labels(label_case(("a", "b"), count=1)),
        "a number": judge_numbers(number_case(division=Division("group", {"train": 9, "test": 300}))),
        "hostile number": judge_numbers(number_case(SCRIPT, unit=1e9, count=60, groups=[SCRIPT, "<i>"] * 30)),
        "one number": judge_numbers(number_case(count=1)),
        "one window": judge_forecasts(forecast_case(["a"], windows=1, steps=3)),
    }


def opened(browser: Browser, path: Path, *, width: int, scheme: str = "light"):
    """Open a page; return it with everything it complained about or asked the network for."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    told = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("dialog", lambda dialog: (told.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: request.url.startswith(("file:", "data:")) or told.append(request.url))
    page.goto(path.as_uri())
    return page, told


def test_the_report_opens_in_a_browser_offline_without_errors_at_any_width(
    browser, class_case, forecast_case, label_case, number_case, tmp_path
):
    for name, judged in cases(class_case, forecast_case, label_case, number_case).items():
        path = tmp_path / f"{name}.html"
        path.write_text(report_html(judged), encoding="utf-8")
        page, told = opened(browser, path, width=1280)
        for width, scheme in ((1280, "light"), (400, "dark")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)

            assert page.locator("#verdict strong").is_visible()
            needed = page.evaluate("document.documentElement.scrollWidth")
            assert needed <= width, f"{name} needs {needed} pixels"
        assert told == [], name
        assert page.locator("#verdict strong").inner_text() == judged.verdict.headline
        assert page.title() == "cnn-lstm · Convoy report"
        page.close()


def test_on_a_phone_the_interval_is_in_sight_and_the_table_says_that_it_goes_on(
    browser, class_case, tmp_path
):
    path = tmp_path / "report.html"
    path.write_text(report_html(judge_classes(class_case(("a", "b")))), encoding="utf-8")
    page, _ = opened(browser, path, width=400)

    box = page.locator("#leaderboard td .narrow").first.bounding_box()

    assert box["x"] + box["width"] <= 400
    assert page.get_by_text("swipe it sideways").is_visible()
    page.set_viewport_size({"width": 1280, "height": 900})
    assert not page.get_by_text("swipe it sideways").is_visible()
    page.close()


def test_what_data_call_themselves_is_shown_and_never_run(browser, class_case, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(report_html(judge_classes(class_case(HOSTILE))), encoding="utf-8")
    page, told = opened(browser, path, width=1280)

    shown = page.locator("#classes tbody tr").first.inner_text()

    assert "<script>document" in shown
    assert page.locator("script, img").count() == 0
    assert told == []
    page.close()


def test_a_leak_is_told_before_the_leaderboard_and_a_clean_audit_after_it(browser, class_case, tmp_path):
    order = []
    for findings in (FINDINGS, FINDINGS[2:]):
        path = tmp_path / "report.html"
        path.write_text(
            report_html(judge_classes(class_case(("a", "b"), findings=findings))), encoding="utf-8"
        )
        page, told = opened(browser, path, width=1280)
        order.append([section.get_attribute("id") for section in page.locator("section").all()][:2])
        assert told == []
        assert page.locator("script").count() == 0
        assert ("inflated" in page.locator("#verdict strong").inner_text()) == (findings is FINDINGS)
        page.close()

    assert order == [["audit", "leaderboard"], ["leaderboard", "confusion"]]


def test_dark_and_light_are_both_there(browser, class_case, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(report_html(judge_classes(class_case(("a", "b")))), encoding="utf-8")

    colours = set()
    for scheme in ("dark", "light"):
        page, _ = opened(browser, path, width=800, scheme=scheme)
        colours.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        page.close()

    assert len(colours) == 2


def test_equal_judgements_give_equal_pages(class_case, forecast_case, label_case, number_case):
    for make, judge, names in (
        (label_case, judge_labels, ("a", "b")),
        (number_case, judge_numbers, "price"),
        (class_case, judge_classes, ("a", "b")),
        (forecast_case, judge_forecasts, ("a", "b")),
    ):
        assert report_html(judge(make(names))) == report_html(judge(make(names)))


def test_the_page_names_nothing_outside_itself(class_case):
    page = report_html(judge_classes(class_case(("a", "b"))))

    assert "http:" not in page
    assert "https:" not in page
    assert "url(" not in page.split("</style>")[0]


def test_what_was_before_a_window_is_read_from_the_windows_before_it(forecast_case):
    truth = judge_forecasts(forecast_case(("a", "b"), windows=60, steps=4)).details.truth

    assert look_back(truth, 10, 1, most=3).tolist() == truth.target[7:10, 1, 0].tolist()
    assert look_back(truth, 2, 0, most=10).tolist() == truth.target[:2, 0, 0].tolist()
    assert len(look_back(truth, 0, 0, most=10)) == 0
