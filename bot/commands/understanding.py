"""What a message of a member means: a request, a question to ask first, or nothing; pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, assert_never

from bot.commands.action import ALL, CANCEL, EDIT, GO_ON, JOINT, NEW
from bot.commands.command import (
    AnswerQuestion,
    Ask,
    Attachment,
    CancelJob,
    CancelQuestion,
    Command,
    Doubt,
    Generate,
    Inquiry,
    MessagePictures,
    PartialRequest,
    ReferenceSource,
    Remark,
    RememberPictures,
    Repeat,
    Topic,
)
from bot.commands.conversation.answering import OpenQuestion, answer_of, begins_as_answer
from bot.commands.conversation.chatter import count_words, is_chatter, is_only_addresses, names_something
from bot.commands.conversation.remarks import Gist, asks_for_more, gist_of
from bot.commands.conversation.scenes import is_part_of_scene
from bot.commands.grammar import check_addresses, parse, read_picture
from bot.commands.lexicon import NO_LEXICON, Lexicon
from bot.commands.message import Heard, MemberMessage, PointedMessage, Relation, slash_word, typed_command
from bot.commands.picking import is_only_an_answer, not_shown, picked
from bot.commands.pointing import NOTHING, MessageJob, Pointing, job_of, of_job, pointing_of
from bot.commands.recall import Meaning, meaning_of, points_at_nothing
from bot.commands.syntax.values import shorten
from bot.commands.table import HELP, inquiry, is_misspelled_inquiry, unknown_command
from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.ids import JobId, MessageId, UserId
from bot.values import dataclass

SHORT_REPLY_WORDS = 8
"""A reply of another member than the requester that has no more words may be talk: it is asked what it is."""
MOST_BUTTONS = 25
"""Of one message, on the platform with the least room."""


@dataclass(frozen=True, kw_only=True)
class Remembered:
    """The member's last picture in this place: `waiting`, those that came without words; else a `job` that is or will be one.

    `originals`: those of an edit that came to nothing.
    """

    waiting: tuple[Attachment, ...] = ()
    job: MessageJob | None = None
    originals: tuple[ReferenceSource, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Context:
    """What the meaning of a message depends on. `jobs` are those of the messages that it points at.

    `remembers`: the bot remembers the last picture in this place. `latest`: the member's last job there, whatever it made.
    `question`: what the bot has asked the member there and nobody has answered. `buttons`: how many a question can have there.
    """

    jobs: Mapping[MessageId, MessageJob]
    remembered: Remembered | None = None
    latest: MessageJob | None = None
    question: OpenQuestion | None = None
    remembers: bool = False
    lexicon: Lexicon = NO_LEXICON
    buttons: int = MOST_BUTTONS


@dataclass(frozen=True, kw_only=True)
class _Request:
    """A message that asks for something, without a typed command's name."""

    text: str
    verb: Literal["imagine", "edit"] | None
    message: MemberMessage
    user: UserId


def understand(message: MemberMessage, user: UserId, context: Context) -> Command | None:
    """The command in a message of `user`; None if it is not for the bot. Raises RefusedError."""
    if message.heard is Heard.THREAD and not _is_own_thread(message, user, context):
        return None
    verb, text = typed_command(message.text)
    command = _named_command(text) or (_of_answer(message, context) if verb is None else None)
    if command is not None:
        return command
    if (verb is None or not text.strip()) and is_chatter(text, context.lexicon):
        if verb is not None and context.remembered is not None and not message.attachments:
            raise RefusedError(RefusalCode.PROMPT_EMPTY)
        return _of_chatter(message, context)
    request = _Request(text=text, verb=verb, message=message, user=user)
    if verb is None:
        gist = gist_of(text, context.lexicon)
        if gist is not None:
            return _of_gist(gist, request, context)
        _refuse_half_said(request, context)
    return _of_request(request, context)


def _named_command(text: str) -> Inquiry | None:
    """A command by its name, or the help for a word that stands in its place."""
    bare, word = text.strip().lstrip("/").rstrip("?!. "), slash_word(text)
    found = inquiry(bare)
    if word is None and is_misspelled_inquiry(bare):
        return unknown_command(bare)
    if found is not None or word is None:
        return found
    return inquiry(word) or inquiry(text.strip()[len(word) + 1 :]) or unknown_command(f"/{word}")


def _of_answer(message: MemberMessage, context: Context) -> Command | None:
    """The answer to a question of ours, if it is one. Raises RefusedError."""
    question = context.question
    if question is None or message.attachments or not _may_answer(message, question, context):
        return None
    choice = answer_of(question, message.text, context.lexicon)
    if choice is None:
        return None
    return CancelQuestion(question=question.id) if choice == CANCEL else AnswerQuestion(question=question.id, choice=choice)


def _may_answer(message: MemberMessage, question: OpenQuestion, context: Context) -> bool:
    """A reply to other pictures than those that were asked about is about these."""
    replied = (one for one in message.pointed if one.relation is Relation.REPLIED)
    jobs = (job_of(one, context.jobs) for one in replied)
    return all(job is None or job.job in question.about for job in jobs)


def _refuse_half_said(request: _Request, context: Context) -> None:
    """Refuse words that only name a picture or answer nothing, and `again` with flags. Raises RefusedError."""
    text = request.text
    if is_only_an_answer(text, context.lexicon):
        raise RefusedError(RefusalCode.PROMPT_EMPTY, **{VARIANT: "choice"})
    if asks_for_more(text, context.lexicon):
        raise RefusedError(RefusalCode.PROMPT_EMPTY, **{VARIANT: "again-flags"})
    if "--" in text and gist_of(parse(text, verb="imagine").prompt, context.lexicon) is Gist.AGAIN:
        raise RefusedError(RefusalCode.PROMPT_EMPTY, **{VARIANT: "again-flags"})


def _of_gist(gist: Gist, request: _Request, context: Context) -> Command | None:
    """What is answered or done about a remark. Raises RefusedError."""
    if request.message.attachments:
        raise RefusedError(RefusalCode.PROMPT_EMPTY, **{VARIANT: "picture"})
    if gist is not Gist.AGAIN and _is_talk_of_others(gist, request, context):
        return None
    match gist:
        case Gist.AGAIN:
            return _of_again(request, context)
        case Gist.CANCEL | Gist.TAKE_BACK:
            return _of_cancelling(gist, request, context)
        case Gist.PRESENCE:
            return Remark(topic=Topic.PRESENCE)
        case Gist.USAGE:
            return Remark(topic=Topic.USAGE)
        case Gist.ABOUT:
            return Remark(topic=Topic.ABOUT)
        case Gist.QUOTA:
            return inquiry("quota")
        case Gist.MODELS:
            return inquiry("models")
        case _:
            assert_never(gist)


def _is_talk_of_others(gist: Gist, request: _Request, context: Context) -> bool:
    """Whether another member says `stop` or `what?` under an image, without a mention of the bot."""
    job = _job_meant(request.message, context)
    if request.message.heard is not Heard.REPLY or job is None or job.requester == request.user:
        return False
    return gist is Gist.CANCEL or not job.ready or count_words(request.text) < 2


def _job_meant(message: MemberMessage, context: Context) -> MessageJob | None:
    """The job that a message points at, else the member's last one there."""
    found = [job for one in message.pointed if (job := job_of(one, context.jobs)) is not None]
    return found[-1] if found else context.latest


def _of_again(request: _Request, context: Context) -> Repeat:
    message = request.message
    pointed = [job for one in message.pointed if (job := job_of(one, context.jobs)) is not None]
    posted = next((of_files for one in message.pointed if (of_files := _job_of_files(one)) is not None), None)
    if posted is not None and not pointed:
        return Repeat(job=posted, unsure=message.heard is Heard.REPLY)
    job = _job_meant(message, context)
    if job is None:
        raise RefusedError(RefusalCode.PROMPT_EMPTY, **{VARIANT: "again"})
    unsure = message.heard is Heard.REPLY and job.requester != request.user
    return Repeat(job=job.job, private=job.private, unsure=unsure)


def _job_of_files(pointed: PointedMessage) -> JobId | None:
    """The job of a set of ours that was posted a moment ago and is not recorded yet, by the names of its files."""
    named = (read_picture(picture.name) for picture in pointed.pictures if pointed.by_bot)
    return next((picture.job for picture in named if picture is not None), None)


def _of_cancelling(gist: Gist, request: _Request, context: Context) -> Command | None:
    """`cancel` and `undo` end what is not made yet; what is made cannot be taken back. Raises RefusedError."""
    job = _job_meant(request.message, context)
    if job is not None and job.requester != request.user and not job.ready:
        raise RefusedError(RefusalCode.NOT_YOURS, **{VARIANT: "cancel"})
    if job is not None and not job.ready:
        return CancelJob(job=job.job)
    if gist is Gist.TAKE_BACK or (job is not None and request.message.pointed):
        return Remark(topic=Topic.TAKE_BACK)
    return Remark(topic=Topic.NOTHING_OPEN)


def _is_own_thread(message: MemberMessage, user: UserId, context: Context) -> bool:
    known = (one for pointed in message.pointed for one in (*pointed.aliases, pointed.message))
    return any(context.jobs[one].requester == user for one in known if one in context.jobs)


def _of_chatter(message: MemberMessage, context: Context) -> Command | None:
    """Nothing is made. Pictures without words wait for them; who writes to the bot about nothing is helped."""
    if message.attachments:
        # Elsewhere, the next words need a mention, and perhaps do not come where the pictures did.
        if context.remembers and message.heard is Heard.DIRECT:
            return RememberPictures(pictures=message.attachments)
        raise RefusedError(RefusalCode.PROMPT_EMPTY, **{VARIANT: "picture"})
    if message.heard not in {Heard.DIRECT, Heard.MENTION} or message.pointed or context.remembered is not None:
        return None
    if message.unusable:
        raise RefusedError(RefusalCode.REF_UNUSABLE)
    if is_only_addresses(message.text):
        raise RefusedError(RefusalCode.REF_ADDRESS, value=shorten(message.text.strip()))
    return Remark(topic=Topic.GREETING) if names_something(message.text) else HELP


def _of_request(request: _Request, context: Context) -> Command:
    pointing = pointing_of(request.message, context.jobs)
    own = request.message.attachments
    waiting = _waiting(pointing, own, context.remembered) if request.verb != "imagine" else ()
    plain = parse(request.text, verb=request.verb or "imagine")
    check_addresses(plain.prompt, context.lexicon)
    if pointing == NOTHING and request.verb != "imagine":
        pointing = _of_question(plain.prompt, context)
    if pointing == NOTHING and not own and not plain.references and request.verb != "imagine":
        if waiting:
            return _built(request, Pointing(sources=waiting), context, recalled=True)
        return _of_memory(request, plain, context)
    return _built(request, pointing, context, extra=waiting)


def _of_question(prompt: str, context: Context) -> Pointing:
    """The pictures that the bot has asked about, if words name some of them: `the second, but darker`."""
    question = context.question
    if question is None or picked(prompt, question.numbers, context.lexicon) is None:
        return NOTHING
    if meaning_of(prompt, context.lexicon) is not Meaning.EDIT and not begins_as_answer(prompt, context.lexicon):
        return NOTHING
    return Pointing(candidates=question.candidates, numbers=question.numbers)


def _of_memory(request: _Request, plain: Generate, context: Context) -> Command:
    """A request that brings no picture and points at no message: it may mean the last image."""
    meaning = Meaning.EDIT if request.verb == "edit" else meaning_of(plain.prompt, context.lexicon)
    begins = meaning is not Meaning.EDIT and begins_as_answer(plain.prompt, context.lexicon, alone=False)
    job = context.remembered.job if context.remembered is not None else None
    originals = context.remembered.originals if context.remembered is not None else ()
    if job is None and not originals:
        points = meaning is Meaning.EDIT or begins or points_at_nothing(plain.prompt, context.lexicon)
        if points and request.verb is None:
            raise RefusedError(RefusalCode.REFS_REQUIRED, **{VARIANT: "words"})
        return plain
    shown = [picture.number for picture in job.pictures] if job is not None else []
    numbers = picked(plain.prompt, shown, context.lexicon)
    if meaning is Meaning.NEW and not begins and (numbers is None or is_part_of_scene(plain.prompt, shown, context.lexicon)):
        return plain
    pointing = of_job(job) if job is not None else Pointing(sources=originals)
    if meaning is Meaning.EDIT or (begins and numbers is not None):
        return _built(request, pointing, context, recalled=True)
    return _of_doubt(plain, pointing, context, all_named=numbers is not None and len(numbers) == len(shown))


def _of_doubt(plain: Generate, pointing: Pointing, context: Context, *, all_named: bool) -> Ask:
    """Whether the last image is meant, and which one of a set, or a new one. `all_named`: `all red`."""
    candidates = pointing.candidates or pointing.sources
    everything = (ALL,) if all_named and pointing.candidates else ()
    room = context.buttons - 3 - len(everything)
    several = (*_numbered(pointing.numbers, room), *everything) if pointing.candidates else (EDIT,)
    partial = PartialRequest(request=plain, candidates=candidates)
    missing = not_shown(plain.prompt, pointing.numbers, context.lexicon)
    return Ask(doubt=Doubt.MEMORY, partial=partial, choices=(*several, NEW, CANCEL), missing=missing)


def _built(
    request: _Request,
    pointing: Pointing,
    context: Context,
    *,
    extra: tuple[Attachment, ...] = (),
    recalled: bool = False,
) -> Command:
    """The request with the pictures that are meant; or a question, where that is not clear."""
    own = (*extra, *request.message.attachments)
    # In the prompt alone: a flag's `ID#3` and `--count 4` name no picture of this set.
    prompt = parse(request.text, verb="edit").prompt
    if not pointing.candidates and _names_one(pointing.first, prompt, context):
        pointing = pointing.first or pointing
    chosen, candidates = pointing.sources, pointing.candidates
    numbers = picked(prompt, pointing.numbers, context.lexicon) if candidates else None
    if numbers is not None:
        chosen, candidates = tuple(candidates[pointing.numbers.index(number)] for number in numbers), ()
    references: tuple[ReferenceSource, ...] = (*chosen, *own)
    verb: Literal["imagine", "edit"] = "edit" if references or candidates or request.verb == "edit" else "imagine"
    command = replace(parse(request.text, verb=verb, references=references), recalled=recalled)
    stranger = pointing.requester is not None and pointing.requester != request.user
    asks_first = request.message.heard is Heard.REPLY and stranger and count_words(request.text) <= SHORT_REPLY_WORDS
    if candidates:
        partial = PartialRequest(request=command, candidates=candidates, position=len(command.references) - len(references))
        doubt = Doubt.STRANGER if asks_first else Doubt.WHICH
        return Ask(
            doubt=doubt,
            partial=partial,
            choices=(*_numbered(pointing.numbers, context.buttons - 2), ALL, CANCEL),
            missing=not_shown(prompt, pointing.numbers, context.lexicon),
        )
    if asks_first:
        return Ask(doubt=Doubt.STRANGER, partial=PartialRequest(request=command), choices=(GO_ON, CANCEL))
    return command


def _names_one(first: Pointing | None, prompt: str, context: Context) -> bool:
    """Whether words name pictures of this set, and not all of it."""
    numbers = picked(prompt, first.numbers, context.lexicon) if first is not None else None
    return first is not None and numbers is not None and len(numbers) < len(first.numbers)


def complete(partial: PartialRequest, choices: tuple[str, ...], choice: str) -> Generate:
    """The request as the member answered: nothing of it is guessed any more. Raises ValueError for an unknown choice."""
    request, position = replace(partial.request, recalled=False), partial.position
    match choice:
        case _ if choice == NEW:
            return request
        case _ if choice in {ALL, EDIT, GO_ON}:
            chosen = partial.candidates
        case _:
            chosen = tuple(partial.candidates[choices.index(number)] for number in choice.split(JOINT))
    references = (*request.references[:position], *chosen, *request.references[position:])
    return replace(request, verb="edit" if references else request.verb, references=references)


def _numbered(numbers: tuple[int, ...], most: int) -> tuple[str, ...]:
    return tuple(str(number) for number in numbers[:most])


def _waiting(pointing: Pointing, own: tuple[Attachment, ...], remembered: Remembered | None) -> tuple[Attachment, ...]:
    """The pictures that wait for words, unless the message points at the same ones."""
    if remembered is None:
        return ()
    sources = (*pointing.sources, *pointing.candidates)
    known = {_file_of(one) for source in sources if isinstance(source, MessagePictures) for one in source.attachments}
    known |= {_file_of(one) for one in own}
    return tuple(one for one in remembered.waiting if _file_of(one) not in known)


def _file_of(attachment: Attachment) -> str:
    """Its address without the signature, which is another one each time."""
    return attachment.address.partition("?")[0]
