"""The commented policy that `healer init URL` writes: what to declare, and what each line buys."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from battle_healer.errors import PolicyError
from battle_healer.policy.address import AddressError, origin_of


def template(url: str) -> str:
    """Text of a policy with one destination: the origin of `url`. It parses as it stands.

    So it does with its commented lines uncommented, except for the files that they name.
    Raises PolicyError for a URL that cannot be a destination.
    """
    try:
        origin = origin_of(url)
    except AddressError as error:
        raise PolicyError(f"URL is {error.what}", "healer init", error.fix) from None
    return _TEMPLATE.format(origin=origin, name=_name_of(origin), path=_path_of(url))


def _name_of(origin: str) -> str:
    """Choose a word for the destination: the telling label of the host (`api.pay.example`: pay)."""
    host = urlsplit(origin).hostname or ""
    if host in ("localhost", "::1") or re.fullmatch(r"[0-9.:a-f]+", host):
        return "local"
    labels = [label for label in host.split(".") if label not in ("api", "www")]
    word = re.sub(r"[^a-z0-9-]", "", (labels or ["api"])[0])
    return word if re.match(r"[a-z]", word) else f"api-{word}"


def _path_of(url: str) -> str:
    path = urlsplit(url).path.rstrip("/")
    return path if re.fullmatch(r"(/[A-Za-z0-9._~-]+)+", path) else "/charges"


_TEMPLATE: Final = """\
# What healer may do for your calls. Without a line here it waits, resends what is safe, and
# tells the truth; every line below lets it do more. Take the # off a line to use it, and check
# the file with `healer policy check`.
version: 1

# What holds for endpoints that do not say otherwise.
defaults: {{repair: off, adapt: off, planner: heuristic}}

# Bounds of one call; there are more, each with a default.
#bounds: {{deadline_s: 20, requests: 6}}

destinations:
  # In a program, `{name}:/path` names this API too.
  {name}:
    regions:
      - {{name: main, url: "{origin}", priority: 1}}
      # A second place that serves the same API; calls fail over to it.
      #- {{name: second, url: "https://second.example", priority: 2}}

    # Tokens by reference, never in this file. `refresh` replaces one that has expired; a backup
    # takes over when the first is spent or revoked.
    #credentials:
      #- name: primary
        #tier: primary
        #token: {{env: API_TOKEN}}
        #refresh: {{post: /refresh-token}}
      #- {{name: backup, tier: backup, token: {{env: API_TOKEN_2}}}}

    # Only if its documentation says that `processed` in its errors can be relied on.
    #says_processed: on

    #endpoints:
      #- name: charge
        #match: POST {path}
        # honoured: it remembers an Idempotency-Key, so a keyed write may be sent again.
        # create: the same, and healer makes the key. unknown, unsupported: it does not.
        #idempotency: honoured
        # JSON Schemas of the body and of the answer.
        #contract: {{request: charge-request.json, response: charge.json}}
        # Put a refused body right where the error names how, and a drifted answer.
        #repair: on
        #adapt: on
        # What a repair must never touch.
        #protected: [/amount, /currency]
"""
