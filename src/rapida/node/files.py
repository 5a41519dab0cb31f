"""Where the files of calls lie: journals and recordings, in this server's data directory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Paths:
    """Where a call's files go."""

    data_dir: Path

    def journal(self, conversation_id: int) -> Path:
        return self.data_dir / "journals" / f"{conversation_id}.jsonl"

    def peaks(self, conversation_id: int) -> Path:
        """The outline of a recording, kept beside it."""
        return self.recordings / f"{conversation_id}.peaks.json"

    def of(self, conversation_id: int) -> tuple[Path, ...]:
        """Every file that a call may leave: also its outcome, should that not have been written."""
        outcomes = (self.data_dir / "unwritten" / f"{conversation_id}{end}" for end in (".json", ".broken"))
        kept = self.journal(conversation_id), self.recording(conversation_id), self.peaks(conversation_id)
        return *kept, *outcomes

    def make(self) -> None:
        """Create the folders, for their owner only."""
        for folder in (self.data_dir / "journals", self.recordings):
            folder.mkdir(mode=0o700, exist_ok=True)

    @property
    def recordings(self) -> Path:
        return self.data_dir / "recordings"

    def recording(self, conversation_id: int) -> Path:
        return self.recordings / f"{conversation_id}.wav"

    def relative(self, path: Path) -> str:
        """How the database names a file."""
        return str(path.relative_to(self.data_dir))
