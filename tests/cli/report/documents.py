"""What the reports of the tests are made of, and a reader that takes a page apart."""

from datetime import date
from html.parser import HTMLParser

from cli.plan_goldens import planned
from llamactl.report import compare_html, plan_html
from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.clouds import clouds
from llamactl_catalog.comparing.comparing import Subject, compare
from llamactl_catalog.comparing.comparison import ApiPrice, Load
from llamactl_catalog.offers import load_hardware, load_prices, offers
from llamactl_catalog.regions import load_regions

TODAY = date(2026, 11, 22)
APIS = (ApiPrice("Large API", 2.5, 10.0), ApiPrice("Small API", 0.15, 0.6))
VOID = {"meta", "link", "br", "path", "circle"}


def compared(names=("llama-2-13b-chat", "llama-3.1-70b-instruct"), *, apis=APIS, **options):
    """Compare models at 100 M tokens a month, on the bundled prices and a fixed day."""
    catalog = load_catalog()
    return compare(
        [Subject(catalog.model(name), 4096) for name in names],
        options.pop("offers", offers(load_hardware(), load_prices())),
        Load(options.pop("monthly_tokens", 1e8), 512, 256, 2.0),
        clouds=tuple(clouds().values()),
        regions=load_regions(),
        today=TODAY,
        version="0.1.0",
        apis=apis,
        **options,
    )


def plan_page_of(found, **options):
    return plan_html(found, made_on=TODAY, version="0.1.0", **options)


def pages():
    """Give every kind of page by name, with large numbers and all marks of the charts."""
    return {
        "plan": plan_page_of(planned("llama-2-13b-chat")),
        "compare": compare_html(compared(monthly_tokens=5e9)),
    }


class Page(HTMLParser):
    """A page as tables by caption, with its ids, its references and its words."""

    def __init__(self, html):
        super().__init__()
        self.tables, self.ids, self.references, self.tags = {}, [], [], []
        self.text = ""
        self._row, self._cell, self._caption = [], None, None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            if name in {"href", "src"}:
                self.references.append(value)
            if name == "clip-path":
                self.references.append(value.removeprefix("url(").removesuffix(")"))
            if name == "aria-labelledby":
                self.references += [f"#{each}" for each in value.split()]
        if tag == "tr":
            self._row = []
        if tag in {"td", "th", "caption"}:
            self._cell = ""

    def handle_data(self, data):
        self.text += data
        if self._cell is not None:
            self._cell += data

    def handle_endtag(self, tag):
        if tag == "caption":
            self._caption = self._cell.strip()
            self.tables[self._caption] = []
        if tag in {"td", "th"}:
            self._row.append(self._cell.strip())
        if tag in {"td", "th", "caption"}:
            self._cell = None
        if tag == "tr":
            self.tables[self._caption].append(tuple(self._row))

    def rows(self, caption):
        """Give the rows of a table, each by the names of its columns."""
        (name,) = [each for each in self.tables if each.startswith(caption)]
        columns, *rows = self.tables[name]
        return [dict(zip(columns, row, strict=True)) for row in rows]
