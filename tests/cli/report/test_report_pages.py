"""Every page: one file that loads and runs nothing, the same each time, whatever is in it."""

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from cli.plan_goldens import planned
from cli.report.documents import APIS, Page, compared, pages, plan_page_of
from llamactl.report import check_installed, compare_html
from llamactl.report.drawing import Drawing, drawn, spread
from llamactl.report.page import page
from llamactl_catalog.comparing.comparison import ApiPrice
from llamactl_catalog.errors import ProgramMissing
from llamactl_catalog.extras import extra_command

EVIL = '"><script>alert(1)</script> $5_x^2$ 模型 & <b>'
# Makes both pages, and says what of matplotlib was loaded and changed.
MAKE = """
import json, sys
import matplotlib
def settings():  # to ask for the backend would load one
    return {name: matplotlib.rcParams[name] for name in matplotlib.rcParams if name != "backend"}
before = settings()
from cli.report.documents import pages
made = pages()
print(json.dumps({
    "settings": before == settings(),
    "pyplot": "matplotlib.pyplot" in sys.modules,
    "pages": made,
}))
"""


@pytest.fixture(scope="module")
def made():
    return pages()


def svgs(html):
    return [each for each in re.findall(r"<svg.*?</svg>", html, re.DOTALL) if 'role="img"' in each]


@pytest.mark.parametrize("name", ["plan", "compare"])
def test_a_page_loads_nothing_and_runs_nothing(name, made):
    found = Page(made[name])

    assert {"script", "iframe", "img", "object"} & {*found.tags} == set()
    assert all(each.startswith(("#", "data:,")) for each in found.references)
    assert "@import" not in made[name]
    assert "default-src 'none'" in made[name]


@pytest.mark.parametrize("name", ["plan", "compare"])
def test_ids_are_unique_and_what_is_referred_to_is_there(name, made):
    found = Page(made[name])

    assert len(found.ids) == len({*found.ids})
    assert {each[1:] for each in found.references if each.startswith("#")} <= {*found.ids}


@pytest.mark.parametrize("name", ["plan", "compare"])
def test_charts_have_words_and_only_the_colors_of_the_page(name, made):
    style = made[name].partition("</style>")[0]
    charts = svgs(made[name])

    assert len(charts) >= 4
    for chart in charts:
        root = ET.fromstring(chart)  # noqa: S314 - made by this very test
        assert [each.tag for each in root][:2] == ["title", "desc"]
        assert all((each.text or "").strip() for each in list(root)[:2])
        assert not re.search(r"(fill|stroke): ?#", chart)
        assert "font-family" not in chart
        for variable in re.findall(r"var\((--[\w-]+)\)", chart):
            assert f"{variable}:" in style
        for text in root.iter("text"):
            assert "fill: var(--" in text.get("style", ""), ET.tostring(text)


@pytest.mark.parametrize("name", ["plan", "compare"])
def test_the_light_and_the_dark_have_the_same_variables(name, made):
    light, dark = re.findall(r":root \{(.*?)\}", made[name], re.DOTALL)[:2]

    names = [{*re.findall(r"--[\w-]+", each)} for each in (light, dark)]
    assert names[0] - names[1] == {"--good-surface"} - names[1]
    assert names[1] <= names[0]


def test_a_page_is_the_same_in_another_process_and_matplotlib_as_it_was(made):
    paths = [path for path in sys.path if path.endswith("tests")]
    code = f"import sys; sys.path[:0] = {paths!r}\n{MAKE}"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )

    told = json.loads(done.stdout)
    assert told["settings"] is True
    assert told["pyplot"] is False
    assert told["pages"] == made


def test_names_are_never_markup():
    model = replace(planned("llama-2-13b-chat").model, id=EVIL, name=EVIL)
    found = compared(apis=(*APIS, ApiPrice(EVIL, 1, 2), ApiPrice("b" * 70, 3, 4)))
    comparison = replace(found, models=(replace(found.models[0], model=model),))

    for html in (
        compare_html(comparison),
        plan_page_of(replace(planned("llama-2-7b"), model=model)),
    ):
        assert "<script" not in html
        assert "<b>" not in html
        for chart in svgs(html):
            ET.fromstring(chart)  # noqa: S314 - made by this very test


def test_what_is_not_installed_is_told_with_what_to_install():
    with pytest.raises(ProgramMissing) as raised:
        check_installed(("json", "no_such_package_here"))

    assert "no_such_package_here" in raised.value.message
    assert raised.value.hint == extra_command("report")
    assert raised.value.exit_code == 11


def test_a_template_without_a_value_is_a_bug_and_not_a_gap():
    from jinja2 import UndefinedError

    with pytest.raises(UndefinedError):
        page("base.html.j2", title="alone")


def test_labels_keep_apart_and_in_order():
    places = [10.0, 11.0, 50.0, 12.0]

    moved = spread(places, 15)

    assert [moved.index(each) for each in sorted(moved)] == [0, 1, 3, 2]
    gaps = [b - a for a, b in zip(sorted(moved), sorted(moved)[1:], strict=False)]
    assert all(gap >= 15 for gap in gaps)
    assert moved[2] == pytest.approx(50, abs=8)


def test_letters_that_the_measuring_font_lacks_are_no_trouble():
    def draw(figure, wide):
        figure.text(0.5, 0.5, "模型 $1 and $2")

    chart = drawn(Drawing("letters", "a title", "words", draw, 50, 50))

    assert "模型 $1 and $2" in chart.wide
    assert 'aria-labelledby="letters-narrow-title letters-narrow-desc"' in chart.narrow
