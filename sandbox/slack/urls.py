"""The URLs that this Slack hands out."""

import re
from dataclasses import dataclass

from sandbox.slack.world import SlackFile

_FILE_ID = re.compile(r"\bF0[A-Z0-9]{9}\b")


@dataclass(kw_only=True)
class Urls:
    """URLs on the fake's own origin, and permalinks of the workspace."""

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
        """Return the URL at which the file could be published; nothing serves it."""
        return f"https://slack-files.com/{self.team_id}-{file.id}-{file.id[-8:].lower()}"

    def upload(self, key: str) -> str:
        return f"{self.origin}/upload/v1/{key}"

    def respond(self, kind: str, interaction_id: str, secret: str) -> str:
        """Return a response URL; `kind` is `commands` or `actions`."""
        return f"{self.origin}/{kind}/{self.team_id}/{interaction_id}/{secret}"

    def socket(self, ticket: str, app_id: str) -> str:
        return f"{self.socket_origin}/link/?ticket={ticket}&app_id={app_id}"


def slug(name: str) -> str:
    """Return a file's name as it appears in its URLs."""
    return re.sub(r"[^a-z0-9._-]+", "_", name.lower()) or "file"


def file_id_in(url: str) -> str | None:
    """Return the id of the file that a URL of this Slack refers to."""
    found = _FILE_ID.search(url)
    return found[0] if found else None
