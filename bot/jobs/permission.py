"""Who may use another member's job: its pictures as references, its request to repeat; pure."""

from bot.chat.chat_platform import ChatPlatform
from bot.commands.command import Origin
from bot.jobs.job import Job


def may_use(job: Job, origin: Origin, platform: ChatPlatform) -> bool:
    """Its requester may anywhere; others where they could read it: in the same workspace, unless it was private.

    `platform` is the one of `origin`.
    """
    if job.origin.user == origin.user:
        return True
    same_place = job.origin.platform == origin.platform and job.origin.workspace == origin.workspace
    if not same_place or origin.workspace is None or job.command.is_private:
        return False
    # A direct message may belong to a workspace too.
    return not platform.capabilities(job.origin).private
