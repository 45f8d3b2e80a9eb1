"""`make docs`: writes every file that is made from the code."""

from __future__ import annotations

from tests.generated.made import ROOT, made

for path, text in made().items():
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    if text != before:
        path.write_text(text, encoding="utf-8")
        print(f"made {path.relative_to(ROOT)}")
