"""Messages and what they depend on, for the tests of what they mean."""

from collections.abc import Mapping

from bot.commands.command import (
    Ask,
    Attachment,
    Doubt,
    Generate,
    Inquiry,
    MessagePictures,
    PartialRequest,
    Remark,
    StoredPicture,
    Topic,
)
from bot.commands.message import Heard, MemberMessage, PointedMessage, Relation
from bot.commands.pointing import MessageJob
from bot.commands.understanding import Context, Remembered
from bot.ids import JobId, MessageId, UserId
from bot.wording.lexicon import lexicon

ADA, BOB = UserId("discord:ada"), UserId("discord:bob")
J0 = JobId("0123456789ab")
CAT = Attachment(address="https://files.example/cat.png?sign=1", name="cat.png", media_type="image/png")
DOG = Attachment(address="https://files.example/dog.png", name="dog.png", media_type="image/png")
NOTE = Attachment(address="https://files.example/note.txt", name="note.txt", media_type="text/plain")
ONE, TWO, THREE, FOUR = (StoredPicture(job=J0, number=number) for number in range(1, 5))
SET = MessageJob(job=J0, requester=ADA, pictures=(ONE, TWO, THREE, FOUR))
SINGLE = MessageJob(job=J0, requester=ADA, pictures=(ONE,))
RUNNING = MessageJob(job=J0, requester=ADA, pictures=(), ready=False)
HALF = MessageJob(job=J0, requester=ADA, pictures=(ONE,), ready=False)
UNMADE = MessageJob(job=J0, requester=ADA, pictures=())
M0, M1, M2, ALIAS = MessageId("m0"), MessageId("m1"), MessageId("m2"), MessageId("alias")
REPLIED = PointedMessage(message=M0, relation=Relation.REPLIED)
START = PointedMessage(message=M0, relation=Relation.THREAD_START)
EARLIER = PointedMessage(message=M1, relation=Relation.EARLIER_IN_THREAD)
HELP, GREETING = Inquiry(name="help"), Remark(topic=Topic.GREETING)
CHOICES = ("1", "2", "3", "4", "all", "cancel")


def message(
    text: str, heard: Heard = Heard.MENTION, *pointed: PointedMessage, files: tuple[Attachment, ...] = ()
) -> MemberMessage:
    return MemberMessage(text=text, heard=heard, pointed=pointed, attachments=files)


def context(
    jobs: Mapping[MessageId, MessageJob] | None = None,
    last: Remembered | None = None,
    *,
    remembers: bool = False,
    buttons: int = 25,
) -> Context:
    return Context(jobs=jobs or {}, remembered=last, remembers=remembers or last is not None, lexicon=lexicon(), buttons=buttons)


def edit(prompt: str, *references: StoredPicture | Attachment | MessagePictures, recalled: bool = False) -> Generate:
    return Generate(verb="edit", prompt=prompt, references=references, recalled=recalled)


def new(prompt: str) -> Generate:
    return Generate(verb="imagine", prompt=prompt)


def which(prompt: str, *given: StoredPicture | Attachment, position: int = 0, recalled: bool = False) -> Ask:
    partial = PartialRequest(request=edit(prompt, *given, recalled=recalled), candidates=SET.pictures, position=position)
    return Ask(doubt=Doubt.WHICH, partial=partial, choices=CHOICES)


def of(pointed: PointedMessage, *pictures: Attachment) -> MessagePictures:
    return MessagePictures(message=pointed.message, attachments=pictures)


WAITING = Remembered(waiting=(CAT,))
MADE, MADE_SET = Remembered(job=SINGLE), Remembered(job=SET)


def memory(prompt: str, *candidates: StoredPicture) -> Ask:
    choices = tuple(str(one.number) for one in candidates) if len(candidates) > 1 else ("edit",)
    partial = PartialRequest(request=new(prompt), candidates=candidates)
    return Ask(doubt=Doubt.MEMORY, partial=partial, choices=(*choices, "new", "cancel"))
