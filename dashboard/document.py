"""Write the OpenAPI document to a file, from the code alone: no server, no database.

    python dashboard/document.py dashboard/openapi.json

The file is only touched when its text changes, so that what is built from it stays.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from rapida.api.build import build_api
from rapida.settings import Settings


class Absent:
    """Stands for every part that routes hold on to and never ask while they are only described."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_: object, **__: object) -> Any:
        return self


def document() -> dict[str, Any]:
    """Every route of the whole application, those of outgoing calls and numbers too."""
    absent: Any = Absent()
    optional = dict.fromkeys(("outbound", "carriers", "board", "talk"), absent)
    app = build_api(Settings(), absent, absent, absent, **optional)
    return app.openapi()


def main(path: Path) -> None:
    text = json.dumps(document(), indent=1, ensure_ascii=False) + "\n"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
