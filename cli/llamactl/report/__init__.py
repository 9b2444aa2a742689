"""Reports: one HTML file each, which opens offline; `llamactl[report]` has the packages for it."""

from llamactl.report.compare_report import compare_html
from llamactl.report.page import check_installed
from llamactl.report.page_file import check_target, write_page
from llamactl.report.plan_report import plan_html

__all__ = ["check_installed", "check_target", "compare_html", "plan_html", "write_page"]
