"""Gateway page: a 502 that a proxy in front of the API wrote, as HTML.

What it does: a gateway answers in the API's place, with its own page and headers and without the
caller's correlation id, whatever the dialect. Before the API saw the request, or, with `=after`,
instead of the answer to one that took effect.
Why it matters: the page looks the same in both cases, so nobody can know what was processed; and
a client that expects JSON must not stumble over it.
Example: gateway_html=after
Cure: the same request again, if it is safe or carries a key.
Source: RFC 9110, section 15.6.3; the default error page of nginx.
"""

from __future__ import annotations

from battle_healer_mock.answer import Page
from battle_healer_mock.argument import WHEN
from battle_healer_mock.dialects.html import gateway_page
from battle_healer_mock.fault import Fault, Shot, Stage


def answer(shot: Shot) -> Page:
    """The page."""
    return Page(502, "gateway-html", gateway_page(502, "Bad Gateway"))


ROW = Fault(
    name="gateway_html",
    stage=Stage.EDGE,
    binding="call",
    symptom="502 with a gateway's page",
    cure="the same request again, if that is safe",
    heals="key",
    told="maybe",
    status=502,
    argument=WHEN,
    answer=answer,
)
