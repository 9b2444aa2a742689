"""The reports in a real Chromium: offline, readable in light and dark, on a phone and on paper."""

import re
import shutil

import pytest

from cli.report.documents import pages

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
WIDTHS = (375, 1280)
# What a sheet leaves between the margins, at 96 dots an inch: A4 is 210 mm wide, Letter 8.5 in.
PAPERS = {"A4": round((210 - 26) / 25.4 * 96), "Letter": round((215.9 - 26) / 25.4 * 96)}
# Contrast of each text that is seen with what is behind it. Source of the formulas: WCAG 2.2,
# relative luminance and contrast ratio.
CONTRASTS = """() => {
  const parse = (text) => {
    const found = text.match(/[\\d.]+/g).map(Number);
    return found.length < 4 ? [...found.slice(0, 3), 1] : found;
  };
  const over = (front, back) =>
    [0, 1, 2].map((i) => front[i] * front[3] + back[i] * (1 - front[3])).concat(1);
  const luminance = (color) => {
    const [r, g, b] = color.slice(0, 3).map((c) => {
      const s = c / 255;
      return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement)
      layers.unshift(parse(getComputedStyle(at).backgroundColor));
    return layers.reduce((back, layer) => over(layer, back), [255, 255, 255, 1]);
  };
  const found = [];
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !element.checkVisibility() || ['title', 'desc'].includes(element.tagName)) continue;
    const style = getComputedStyle(element);
    const isDrawn = element.tagName === 'text' || element.tagName === 'tspan';
    const back = behind(element);
    const front = over(parse(isDrawn ? style.fill : style.color), back);
    const [high, low] = [luminance(front), luminance(back)].sort((a, b) => b - a);
    const size = element.getBoundingClientRect().height;
    if (size) found.push([(high + 0.05) / (low + 0.05), element.textContent.trim().slice(0, 60)]);
  }
  return found;
}"""
# What reaches beyond the window, where no box of its own scrolls it.
OVERFLOWS = """() => [...document.querySelectorAll('body *')].filter((element) => {
  if (element.closest('.scroll') && !element.matches('.scroll')) return false;
  if (!element.checkVisibility()) return false;
  const box = element.getBoundingClientRect();
  return box.width && (box.right > innerWidth + 1 || box.left < -1);
}).map((element) => `${element.tagName} ${element.textContent.trim().slice(0, 60)}`)"""
# Letters of a chart that its own frame cuts off.
CUT_OFF = """() => [...document.querySelectorAll('.chart svg[role] text')].filter((text) => {
  if (!text.checkVisibility()) return false;
  const [box, frame] = [text.getBoundingClientRect(), text.ownerSVGElement.getBoundingClientRect()];
  return box.left < frame.left - 1 || box.right > frame.right + 1
    || box.top < frame.top - 1 || box.bottom > frame.bottom + 1;
}).map((text) => text.textContent)"""
WIDE_ON_PAPER = """() => [...document.querySelectorAll('table')]
  .filter((table) => table.getBoundingClientRect().right > innerWidth + 1)
  .map((table) => table.caption.textContent)"""


@pytest.fixture(scope="module")
def chromium():
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Chromium on PATH")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    for name, html in pages().items():
        (folder / f"{name}.html").write_text(html, "utf-8")
    return folder


@pytest.fixture(params=["plan", "compare"])
def view(request, chromium, files):
    """Give what opens a page in a window of a width, and says what it asked for and logged."""
    opened = []

    def open_page(width=1280, scheme="light", media="screen"):
        page = chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        opened.append(page)
        page.asked, page.logged = [], []
        page.on("request", lambda asked: page.asked.append(asked.url))
        page.on("console", lambda message: page.logged.append(message.text))
        page.on("pageerror", lambda error: page.logged.append(str(error)))
        page.emulate_media(media=media, color_scheme=scheme)
        page.goto((files / f"{request.param}.html").as_uri())
        return page

    yield open_page
    for page in opened:
        page.close()


def test_it_opens_offline_and_asks_for_nothing_else(view):
    page = view()

    assert [url for url in page.asked if not url.startswith("data:")] == [page.url]
    assert page.url.startswith("file://")
    assert page.logged == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_a_readable_contrast(scheme, width, view):
    found = view(width, scheme).evaluate(CONTRASTS)

    assert len(found) > 200
    assert [each for each in found if each[0] < 4.5] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_marks_of_the_charts_stand_out_from_the_page(scheme, view):
    page = view(scheme=scheme)

    ratios = page.evaluate(f"""() => {{
      const box = document.body.appendChild(document.createElement('div'));
      const contrasts = {CONTRASTS};
      return [1, 2, 3, 4, 5, 6].map((number) => {{
        box.textContent = `series ${{number}}`;
        box.style.color = `var(--series-${{number}})`;
        return contrasts().find((each) => each[1] === box.textContent)[0];
      }});
    }}""")
    assert min(ratios) >= 3


def test_it_is_dark_where_the_reader_wants_it_dark(view):
    ask = "getComputedStyle(document.body).backgroundColor"

    light, dark = view().evaluate(ask), view(scheme="dark").evaluate(ask)

    assert light == "rgb(255, 255, 255)"
    assert max(map(int, re.findall(r"\d+", dark))) < 40


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_window(width, view):
    page = view(width)

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(OVERFLOWS) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_each_chart_is_shown_once_whole_and_in_letters_of_a_size_to_read(width, view):
    page = view(width)

    charts = page.locator(".chart svg[role=img]")
    seen = [charts.nth(number).is_visible() for number in range(charts.count())]
    assert seen.count(True) * 2 == len(seen)
    assert page.evaluate(CUT_OFF) == []
    sizes = page.evaluate("""() => [...document.querySelectorAll('.chart svg[role] text')]
      .filter((text) => text.checkVisibility())
      .map((text) => [parseFloat(getComputedStyle(text).fontSize), text.getScreenCTM()])
      .map(([size, matrix]) => size * Math.hypot(matrix.a, matrix.b))""")
    assert min(sizes) >= 10


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("paper", PAPERS)
def test_paper_is_white_and_has_every_column(paper, scheme, view):
    page = view(PAPERS[paper], scheme, media="print")

    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate(WIDE_ON_PAPER) == []
    assert [each for each in page.evaluate(CONTRASTS) if each[0] < 4.5] == []


@pytest.mark.parametrize("paper", PAPERS)
def test_it_prints_to_pdf(paper, view):
    pdf = view().pdf(format=paper, print_background=True)

    assert pdf.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type ?/Page\b", pdf)) >= 3


def test_a_keyboard_reaches_what_scrolls(view):
    page = view(375)

    boxes = page.locator(".scroll")
    assert boxes.count() >= 2
    for number in range(boxes.count()):
        boxes.nth(number).focus()
        assert page.evaluate("document.activeElement.getAttribute('aria-label')")
