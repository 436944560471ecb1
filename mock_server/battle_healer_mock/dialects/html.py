"""A gateway's HTML page: the status once more, and no word on whether anything was processed.

Source: the default error pages of nginx.
"""

from __future__ import annotations

from html import escape

from battle_healer_mock.answer import Failure
from battle_healer_mock.dialects.dialect import Dialect, Written


def gateway_page(status: int, title: str) -> str:
    """The page that a gateway writes of its own."""
    said = f"{status} {escape(title)}"
    return (
        f"<html>\r\n<head><title>{said}</title></head>\r\n<body>\r\n"
        f"<center><h1>{said}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    )


def write(failure: Failure) -> Written:
    """The failure as such a page; of the text only the title is left."""
    return "text/html", gateway_page(failure.status, failure.title).encode()


ROW = Dialect("html", "a gateway's HTML page", says_processed=False, write=write)
