"""Which pictures a message points at: those that are meant, and those of which the member means some; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.commands.command import MessagePictures, ReferenceSource, StoredPicture
from bot.commands.message import MemberMessage, PointedMessage, Relation
from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.ids import JobId, MessageId, UserId
from bot.values import dataclass


@dataclass(frozen=True, kw_only=True)
class MessageJob:
    """The job that a message shows or requested: its requester, and the pictures that a reply to the message refers to.

    `ready`: its pictures are there, if it made any. `private`: only its requester sees its messages.
    """

    job: JobId
    requester: UserId
    pictures: tuple[StoredPicture, ...]
    ready: bool = True
    private: bool = False


@dataclass(frozen=True, kw_only=True)
class Pointing:
    """`sources` are meant; of `candidates`, which have `numbers`, the member means some. `requester`: whose job it is."""

    sources: tuple[ReferenceSource, ...] = ()
    candidates: tuple[ReferenceSource, ...] = ()
    numbers: tuple[int, ...] = ()
    requester: UserId | None = None
    first: "Pointing | None" = None
    """The set at the start of a thread whose newest job is another one: it is meant where its pictures are named."""


NOTHING = Pointing()


def job_of(pointed: PointedMessage, jobs: Mapping[MessageId, MessageJob]) -> MessageJob | None:
    return next((jobs[known] for known in (*pointed.aliases, pointed.message) if known in jobs), None)


def pointing_of(message: MemberMessage, jobs: Mapping[MessageId, MessageJob]) -> Pointing:
    """What a message points at. A picture that could not be read, or is not there yet, is no reason to make another one.

    Raises RefusedError.
    """
    replied = [one for one in message.pointed if one.relation is Relation.REPLIED and _shows_something(one, jobs)]
    meant = replied or [one for one in message.pointed if one.relation is not Relation.REPLIED]
    jobs_meant = [job for one in meant if (job := job_of(one, jobs)) is not None]
    made = [job for job in jobs_meant if job.pictures or not job.ready]
    if made:
        return replace(of_job(made[-1]), first=_first_set(meant, made[-1], jobs))
    if replied and jobs_meant and not message.attachments:
        raise RefusedError(RefusalCode.REFS_REQUIRED, **{VARIANT: "unmade"})
    pictured = [one for one in meant if one.pictures]
    if not pictured and not message.attachments:
        _refuse_hidden(meant, unusable=message.unusable)
    return _of_messages(pictured, brought=bool(message.attachments))


def of_job(job: MessageJob) -> Pointing:
    """Raises RefusedError JOB_NOT_READY."""
    if not job.ready:
        raise RefusedError(RefusalCode.JOB_NOT_READY)
    if len(job.pictures) == 1:
        return Pointing(sources=job.pictures, requester=job.requester)
    numbers = tuple(picture.number for picture in job.pictures)
    return Pointing(candidates=job.pictures, numbers=numbers, requester=job.requester)


def _first_set(meant: Sequence[PointedMessage], newest: MessageJob, jobs: Mapping[MessageId, MessageJob]) -> Pointing | None:
    started = (jobs.get(one.message) for one in meant if one.relation is Relation.THREAD_START)
    sets = [job for job in started if job is not None and job != newest and job.ready and len(job.pictures) > 1]
    return of_job(sets[0]) if sets else None


def _shows_something(pointed: PointedMessage, jobs: Mapping[MessageId, MessageJob]) -> bool:
    return bool(pointed.pictures) or pointed.unread or pointed.unusable or job_of(pointed, jobs) is not None


def _refuse_hidden(meant: Sequence[PointedMessage], *, unusable: bool) -> None:
    if any(one.unread and one.relation is Relation.REPLIED for one in meant):
        raise RefusedError(RefusalCode.REF_HIDDEN)
    if any(one.unread for one in meant):
        raise RefusedError(RefusalCode.REF_UNREAD)
    if unusable or any(one.unusable for one in meant):
        raise RefusedError(RefusalCode.REF_UNUSABLE)


def _of_messages(pictured: Sequence[PointedMessage], *, brought: bool) -> Pointing:
    """`brought`: the message has pictures of its own, which belong to those at its thread's start."""
    if brought:
        pictured = [one for one in pictured if one.relation is not Relation.EARLIER_IN_THREAD] or pictured[-1:]
    if len(pictured) == 1:
        (only,) = pictured
        if only.by_bot and len(only.pictures) > 1:
            # A set of ours whose job is not recorded yet, or not any more.
            numbered = tuple(replace(picture, number=number) for number, picture in enumerate(only.pictures, 1))
            return Pointing(candidates=numbered, numbers=tuple(range(1, len(numbered) + 1)))
        return Pointing(sources=(MessagePictures(message=only.message, attachments=only.pictures),))
    # Of a message of ours, the bot would take the whole set.
    single = tuple(
        picture if one.by_bot else MessagePictures(message=one.message, attachments=(picture,))
        for one in pictured
        for picture in one.pictures
    )
    return Pointing(candidates=single, numbers=tuple(range(1, len(single) + 1)))
