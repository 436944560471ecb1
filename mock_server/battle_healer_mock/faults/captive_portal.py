"""Captive portal: a login page under 200, from the network and not from the API.

What it does: something between client and API answers 200 with an HTML page. The API never saw
the request, but the client cannot know.
Why it matters: a client that looks at the status alone reports a delivery that never was.
Example: captive_portal
Cure: the same request again, if it is safe or carries a key; never call the page an answer.
Source: RFC 6585, section 6, on portals that do not say 511.
"""

from __future__ import annotations

from typing import Final

from battle_healer_mock.answer import Page
from battle_healer_mock.fault import Fault, Shot, Stage

_PAGE: Final = """<!DOCTYPE html>
<html>
<head><title>Welcome to Free Wi-Fi</title></head>
<body>
<h1>Please sign in</h1>
<form method="post" action="/login"><input name="email"><button>Go online</button></form>
</body>
</html>
"""


def answer(shot: Shot) -> Page:
    """The page."""
    return Page(200, "captive-portal", _PAGE, (("Cache-Control", "no-store"),))


ROW = Fault(
    name="captive_portal",
    stage=Stage.EDGE,
    binding="call",
    symptom="200 with a login page",
    cure="the same request again, if that is safe; never an answer",
    heals="key",
    told="maybe",
    status=200,
    answer=answer,
)
