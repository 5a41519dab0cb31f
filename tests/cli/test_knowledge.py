"""Pages of facts from the command line, as a person writes and tries them."""

from __future__ import annotations

from pathlib import Path

from tests.cli.test_headless import Rapida, rapida

__all__ = ["rapida"]

PAGE = """- title: Parking
  text: Behind the house.
  asked: [Where can I park]
- title: Hours
  text: We are open on weekdays.
  asked: [When are you open]
"""


def test_a_page_is_written_listed_shown_tried_and_removed(rapida: Rapida, tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(PAGE)
    assert rapida("knowledge", "put", "shop.yaml", "--name", "shop").stdout == "shop: version 1, 2 passages\n"
    assert rapida("knowledge", "put", "shop.yaml", "--name", "shop").stdout == "shop: version 2, 2 passages\n"
    assert "shop\tversion 2\t" in rapida("knowledge", "list").stdout
    assert rapida("knowledge", "show", "shop").stdout == PAGE
    tried = rapida("knowledge", "ask", "where can I park my car", "--name", "shop").stdout.splitlines()
    assert tried[0].split("\t")[1:] == ["said", "Parking: Behind the house."]
    assert tried[1].split("\t")[1] == "not said"
    by_words = rapida("knowledge", "ask", "who won", "--name", "shop", "--embeddings", "").stdout
    assert "\tsaid" not in by_words
    assert rapida("knowledge", "remove", "shop").exit_code == 0
    gone = rapida("knowledge", "show", "shop")
    assert (gone.exit_code, "there is no page of facts 'shop': there is facts" in gone.stderr) == (1, True)


def test_what_is_wrong_is_told_in_a_sentence(rapida: Rapida, tmp_path: Path) -> None:
    (tmp_path / "empty.md").write_text("# Nothing\n")
    for words, told in (
        (("put", "nowhere.yaml"), "nowhere.yaml cannot be read"),
        (("put", "empty.md"), "page 'facts' has no passages"),
        (("put", "empty.md", "--name", "A B"), "must be 1 to 64 lower-case letters"),
    ):
        failed = rapida("knowledge", *words)
        assert failed.exit_code == 1
        assert told in failed.stderr
