"""Everything that reads text of members, or of anybody else outside, by name."""

from collections.abc import Callable
from typing import Any

from adapters.cli.logs import Scrubber
from adapters.discord.inbound import attachments as discord_files
from adapters.discord.inbound import messages as discord_messages
from adapters.discord.inbound import reading as discord_reading
from adapters.discord.inbound import tokens as discord_tokens
from adapters.discord.outbound import payload as discord_payload
from adapters.shared.connection import retry_seconds
from adapters.shared.tokens import date_and_time, person, with_emoji
from adapters.slack.inbound import attachments as slack_files
from adapters.slack.inbound import messages as slack_messages
from adapters.slack.inbound import reading as slack_reading
from adapters.slack.outbound import payload as slack_payload
from bot.catalog.load import shipped
from bot.catalog.profiles import profile
from bot.chat.reply import Reply
from bot.commands.action import Action, ActionKind, decode_action
from bot.commands.chatter import count_words, is_chatter
from bot.commands.command import Attachment, Generate, Options, StoredPicture
from bot.commands.form import FormSubmission
from bot.commands.grammar import parse, read_picture
from bot.commands.interpretation import interpret_form
from bot.commands.message import Heard, MemberMessage
from bot.commands.picking import picked
from bot.commands.pointing import MessageJob
from bot.commands.recall import meaning_of
from bot.commands.understanding import Context, Remembered, understand
from bot.config.settings import Defaults, GatewaySettings, Secret
from bot.errors import BotError, RefusalCode, RefusedError
from bot.ids import JobId, UserId
from bot.presentation import render
from bot.requests.checks import RequestRules, check_command
from bot.upstream.decoding.failures import DecodeContext, recognise, retry_after
from bot.upstream.transport.http_messages import Answer
from bot.wording.lexicon import lexicon
from bot.wording.words import Words
from tests.text.work import Read

US = "1000"
FIELDS = ("count", "size", "ratio", "shape", "model")
WORDS = Words()
SCRUB = Scrubber(("a-secret",))
ADA = UserId("slack:T1/UADA")
FORM = Action(kind=ActionKind.NEW_FORM, job=JobId("0123456789ab"))
SET = tuple(StoredPicture(job=JobId("0123456789ab"), number=number) for number in range(1, 5))
CONTEXT_OF_SET = Context(
    jobs={}, remembered=Remembered(job=MessageJob(requester=ADA, pictures=SET)), remembers=True, lexicon=lexicon()
)
CONTEXT = DecodeContext(now=0.0, secrets=("a-secret",))
RULES = RequestRules(
    profiles=tuple(
        profile(GatewaySettings(name=name, dialect=name, api_key=Secret("a key"), base_url="https://gateway.test/v1"))
        for name in ("ark_intl", "acedata", "unode")
    ),
    defaults=Defaults(),
)


def answered(read: Callable[[str], object]) -> Read:
    """What a member is answered: a refusal is put into words, a command for pictures is checked, and its prompt quoted."""

    def answer(text: str) -> object:
        try:
            found = read(text)
            if isinstance(found, Generate):
                check_command(found, RULES)
        except BotError as error:
            reply = render.refusal(error, WORDS)
            return discord_payload.to_payload(reply), slack_payload.to_payload(reply)
        return found

    return answer


def _slack_message(text: str, channel: str = "C1") -> object:
    event = {"user": "UADA", "channel": channel, "ts": "5.6", "text": text}
    why = slack_messages.heard(event, US)
    return why and understand(slack_messages.member_message(event, US, why), ADA, Context(jobs={}))


def _slack_form(text: str, *names: str) -> object:
    fields = {name: {name: {"type": "plain_text_input", "value": text}} for name in names}
    view = {"callback_id": "v1:new_form:0123456789ab", "state": {"values": fields}}
    return interpret_form(slack_reading.submission_of(view))


def _discord_message(text: str) -> object:
    return understand(discord_messages.member_message({"content": text}, US, Heard.MENTION), ADA, Context(jobs={}))


def _discord_command(text: str, *names: str) -> object:
    options = [{"name": name, "value": text} for name in names]
    return discord_reading.to_command({"name": "imagine", "options": options})


def _discord_form(text: str, *names: str) -> object:
    inputs = [{"type": 4, "custom_id": name, "value": text} for name in names]
    data = {"custom_id": "v1:new_form:0123456789ab", "components": inputs}
    return interpret_form(discord_reading.submission_of(data))


def _discord_file(text: str) -> object:
    file = {"url": "https://cdn.discordapp.com/a", "filename": text, "content_type": text}
    message: dict[str, Any] = {"id": "1", "attachments": [file], "embeds": [{"image": {"url": text, "proxy_url": text}}]}
    return discord_files.target_pictures(message, US)


def _slack_file(text: str) -> Attachment:
    return slack_files.to_attachment({"id": text, "name": text, "mimetype": text, "url_private": text})


def _typed_options(text: str) -> object:
    options = Options(model=text, size=text, ratio=text, format=text, prompt_mode=text, gateway=text)
    return parse("a fox", verb="imagine", options=options)


def _error_page(status: int) -> Read:
    return lambda text: recognise(
        Answer(status=status, headers={"retry-after": text}, body=text.encode("utf-8", "replace")), CONTEXT
    )


READERS: dict[str, Read] = {
    "grammar": answered(lambda text: parse(text, verb="imagine")),
    "message": answered(lambda text: understand(MemberMessage(text=text, heard=Heard.DIRECT), ADA, Context(jobs={}))),
    "message with a memory": answered(lambda text: understand(MemberMessage(text=text, heard=Heard.DIRECT), ADA, CONTEXT_OF_SET)),
    "small talk": lambda text: is_chatter(text, lexicon()),
    "number of words": count_words,
    "what words mean": lambda text: meaning_of(text, lexicon()),
    "which pictures": lambda text: picked(text, range(1, 16), lexicon()),
    "form": answered(lambda text: interpret_form(FormSubmission(action=FORM, fields={"prompt": text}))),
    "form's fields": answered(lambda text: interpret_form(FormSubmission(action=FORM, fields=dict.fromkeys(FIELDS, text)))),
    "typed options": answered(_typed_options),
    "stored picture": read_picture,
    "button": decode_action,
    "model": shipped().find_model,
    "Slack command": answered(lambda text: slack_reading.to_command({"command": "/imagine", "text": text})),
    "Slack edit": answered(lambda text: slack_reading.to_command({"command": "/edit", "text": text})),
    "Slack inquiry": answered(lambda text: slack_reading.to_command({"command": "/seedream", "text": text})),
    "Slack message": answered(_slack_message),
    "Slack mention": answered(lambda text: _slack_message(f"{text} <@{US}> {text}"[: len(text)])),
    "Slack direct message": answered(lambda text: _slack_message(text, "D1")),
    "Slack form": answered(lambda text: _slack_form(text, "prompt")),
    "Slack form's fields": answered(lambda text: _slack_form(text, *FIELDS)),
    "Slack file": _slack_file,
    "Slack text": slack_messages.plain,
    "Discord command": answered(lambda text: _discord_command(text, "prompt")),
    "Discord references": answered(lambda text: _discord_command(text, "references")),
    "Discord options": answered(lambda text: _discord_command(text, "prompt", *FIELDS, "gateway", "format")),
    "Discord message": answered(_discord_message),
    "Discord form": answered(lambda text: _discord_form(text, "prompt")),
    "Discord form's fields": answered(lambda text: _discord_form(text, *FIELDS)),
    "Discord file": answered(_discord_file),
    "Discord mentions": lambda text: discord_messages.without_mention(text, US),
    "Discord tokens": discord_tokens.plain,
    "names and dates": lambda text: (person(text), date_and_time(text)),
    "emoji": with_emoji,
    "Discord escape": discord_payload.escape,
    "Discord reply": lambda text: discord_payload.to_payload(Reply(text=text, quote=text, note=text)),
    "Slack emoji": lambda text: slack_messages.emoji_of({"blocks": [{"type": "emoji", "name": text, "unicode": text}]}),
    "Slack picture": lambda text: slack_files.shown_by({"blocks": [{"type": "image", "image_url": text}], "thumb_url": text}),
    "Slack reply": lambda text: slack_payload.to_payload(Reply(text=text, quote=text, note=text)),
    "refusal": lambda text: render.refusal(RefusedError(RefusalCode.JOB_UNKNOWN, value=text, nearest=text), WORDS),
    "alternative text": lambda text: render.alt_text(1, 1, text, WORDS, length=1000),
    "quoted prompt": lambda text: render._quote(text, 900),
    "gateway's refusal": _error_page(400),
    "gateway's failure": _error_page(503),
    "Retry-After": lambda text: (retry_after(text, now=0.0), retry_seconds(text)),
    "log line": SCRUB,
}
"""Each answers, or refuses inside; none raises."""
