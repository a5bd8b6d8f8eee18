"""Addresses this Slack hands out."""

import re
from dataclasses import dataclass

from sandbox.slack.world import SlackFile

_FILE_ID = re.compile(r"\bF0[A-Z0-9]{9}\b")


@dataclass(kw_only=True)
class Urls:
    """Addresses on the stand-in's own origin, and permalinks of the workspace."""

    team_id: str
    domain: str
    origin: str = ""
    socket_origin: str = ""

    def download(self, file: SlackFile) -> str:
        return f"{self.origin}/files-pri/{self.team_id}-{file.id}/download/{slug(file.name)}"

    def private(self, file: SlackFile) -> str:
        if file.mode == "external":
            return f"https://files.example.com/{file.id}/{slug(file.name)}"
        return f"{self.origin}/files-pri/{self.team_id}-{file.id}/{slug(file.name)}"

    def thumbnail(self, file: SlackFile, size: int) -> str:
        stem = slug(file.name).rpartition(".")[0] or "file"
        return f"{self.origin}/files-tmb/{self.team_id}-{file.id}/{stem}_{size}.png"

    def permalink(self, file: SlackFile) -> str:
        return f"https://{self.domain}.slack.com/files/{file.user_id}/{file.id}/{slug(file.name)}"

    def public(self, file: SlackFile) -> str:
        """The address under which it could be published, which nobody here does."""
        return f"https://slack-files.com/{self.team_id}-{file.id}-{file.id[-8:].lower()}"

    def upload(self, key: str) -> str:
        return f"{self.origin}/upload/v1/{key}"

    def respond(self, kind: str, interaction_id: str, secret: str) -> str:
        """A response URL; `kind` is `commands` or `actions`."""
        return f"{self.origin}/{kind}/{self.team_id}/{interaction_id}/{secret}"

    def socket(self, ticket: str, app_id: str) -> str:
        return f"{self.socket_origin}/link/?ticket={ticket}&app_id={app_id}"


def slug(name: str) -> str:
    """A file's name as it stands in its addresses."""
    return re.sub(r"[^a-z0-9._-]+", "_", name.lower()) or "file"


def file_id_in(url: str) -> str | None:
    """The file that an address of this Slack names."""
    found = _FILE_ID.search(url)
    return found[0] if found else None
