"""Which region a new call is sent to: home first, and those that are known not to be well last.

*Down* passes: the breaker of the region says until when, lets one probe through after that, and
every call is at home again once the probe was answered. *Gone* does not: a region that answers
410 where another one serves the same call was given up by its owner, and is left out for an hour.
"""

from __future__ import annotations

from collections import OrderedDict

from battle_healer.model import Call
from battle_healer.rules import Region

_SUSPECTS_KNOWN = 1000


class Regions:
    """What is known of the regions of one destination. Guarded by the lock of its gates.

    gone: by name, until when; empty in good times, which admission looks at first.
    """

    __slots__ = ("_gone_s", "_suspects", "gone")

    def __init__(self, gone_s: float) -> None:
        self._gone_s = gone_s
        self.gone: dict[str, float] = {}
        # By call: where it was answered 410. One such answer may as well mean the thing asked for.
        self._suspects: OrderedDict[str, str] = OrderedDict()

    def __repr__(self) -> str:
        return f"<Regions gone: {', '.join(self.gone) or 'none'}>"

    @property
    def is_asking(self) -> bool:
        """Whether some region is thought gone or suspected, so that a clean answer tells."""
        return bool(self._suspects or self.gone)

    def is_gone(self, region: Region, now: float) -> bool:
        """Whether a region is left out for now."""
        until = self.gone.get(region.name)
        if until is not None and until <= now:
            del self.gone[region.name]
            return False
        return until is not None

    def in_order(self, call: Call, now: float) -> list[Region]:
        """All regions: the call's own first, then by priority; those that are gone last."""
        regions = call.destination.regions
        if len(regions) == 1:
            return [call.home]
        others = sorted((r for r in regions if r != call.home), key=lambda r: r.priority)
        ordered = [call.home, *others]
        return sorted(ordered, key=lambda r: self.is_gone(r, now))

    def saw_gone(self, call: Call, region: Region) -> None:
        """A call was answered 410 there."""
        self._suspects[call.id] = region.name
        if len(self._suspects) > _SUSPECTS_KNOWN:
            self._suspects.popitem(last=False)

    def saw_clean(self, call: Call, region: Region, now: float) -> None:
        """A call was served there, so it is not gone; whoever answered 410 to that call is."""
        self.gone.pop(region.name, None)
        suspect = self._suspects.pop(call.id, None)
        if suspect is not None and suspect != region.name:
            self.gone[suspect] = now + self._gone_s
