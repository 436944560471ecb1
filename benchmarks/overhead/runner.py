"""Time all variants that are installed, interleaved in one process; print JSON."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, version

from benchmarks.overhead.timing import interleave, interleave_async
from benchmarks.overhead.variants import PACKAGES, async_variants, sync_variants


def _is_installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


def main() -> None:
    """Print seconds per call of each variant, for threads and for an event loop."""
    installed = frozenset(filter(_is_installed, PACKAGES))
    sync = interleave(sync_variants(installed))
    waited = interleave_async(async_variants(installed))
    print(json.dumps({"sync": sync, "async": waited}))


if __name__ == "__main__":
    main()
