"""A form that was refused and has closed: what was filled in is kept, on the real store."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import open_bot
from bot.command_receiver import CommandReceiver
from bot.commands.action import DRAFT, Action, ActionKind
from bot.commands.command import Attachment, MessagePictures, Origin
from bot.commands.form import FormSubmission
from bot.config.settings import Settings
from bot.errors import BotError, RefusalCode, RefusedError, StoreCode, StoreError
from bot.ids import JobId, MessageId, UserId
from bot.store.sqlite.drafts import DRAFT_MAX_AGE_S
from tests.fakes.clock import FakeClock
from tests.fakes.platform import NAME, FakePlatform

OPENED = JobId("0123456789ab")
ORIGIN = Origin(platform=NAME, workspace=None, user=UserId("fake:ada"), received_at=1.0)
DOG, MOON, SUN = (Attachment(address=f"https://platform.example/{name}", name=f"{name}.png") for name in ("dog", "moon", "sun"))
REFUSED = RefusedError(RefusalCode.TIER_NOT_ON_MODEL, nearest="--size 2K", model="4.5", gateway="ark", value="1K", allowed="2K")
FIELDS = {"prompt": "make it night", "size": "1K", "count": "4"}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def bot(tmp_path: Path, clock: FakeClock) -> AsyncIterator[CommandReceiver]:
    async with open_bot(Settings(data_dir=tmp_path), [FakePlatform()], clock) as opened:
        yield await opened.receiver()


def submitted(kind: ActionKind, job: JobId, *files: Attachment, drafted: bool = False) -> FormSubmission:
    return FormSubmission(action=Action(kind=kind, job=job, argument=DRAFT if drafted else None), fields=FIELDS, files=files)


async def kept(bot: CommandReceiver, form: FormSubmission, error: BotError = REFUSED) -> JobId:
    """The draft behind the button that opens the form again."""
    reply = await bot.keep_form(ORIGIN, form, error)
    (button,) = reply.buttons
    assert (reply.text, button.action.kind) == (
        "Seedream 4.5 on ark has no size 1K; it has 2K. Set “Size” to 2K.",
        ActionKind.REOPEN_FORM,
    )
    return button.action.job


async def test_texts_and_choices_are_kept(bot: CommandReceiver) -> None:
    """A form without pictures asks for them as it did before."""
    draft = await kept(bot, submitted(ActionKind.NEW_FORM, OPENED))
    form = await bot.reopened_form(ORIGIN, draft)

    assert form.action == Action(kind=ActionKind.NEW_FORM, job=draft)
    assert {field.name: field.value for field in form.fields} == {
        "prompt": "make it night",
        "files": "",
        "count": "4",
        "size": "1K",
        "ratio": "default",
        "model": "default",
    }


async def test_pictures_of_every_attempt_are_kept(bot: CommandReceiver) -> None:
    """Those that the form was opened on, then those that were added, each once."""
    await bot.save_draft(OPENED, ORIGIN, MessagePictures(message=MessageId("m"), attachments=(DOG,)))
    first = await kept(bot, submitted(ActionKind.EDIT_FORM, OPENED, MOON, drafted=True))
    second = await kept(bot, submitted(ActionKind.EDIT_FORM, first, SUN, drafted=True))
    draft = await bot._store.drafts.draft(second)

    assert draft is not None
    assert (draft.message, draft.references, draft.uploads) == ("m", (DOG,), (MOON, SUN))
    form = await bot.reopened_form(ORIGIN, second)
    assert (form.action.argument, form.fields[1].required) == (DRAFT, False)


async def test_another_member_cannot_open_it(bot: CommandReceiver) -> None:
    """Nor can anybody use another member's pictures through it."""
    draft = await kept(bot, submitted(ActionKind.EDIT_FORM, OPENED, MOON))
    other = replace(ORIGIN, user=UserId("fake:bob"))

    with pytest.raises(RefusedError) as caught:
        await bot.reopened_form(other, draft)
    assert caught.value.refusal is RefusalCode.NOT_YOURS
    reply = await bot.keep_form(other, submitted(ActionKind.EDIT_FORM, draft, drafted=True), REFUSED)
    assert reply.buttons == ()


async def test_after_a_day_it_has_expired(bot: CommandReceiver, clock: FakeClock) -> None:
    """When another one is stored, old ones are deleted."""
    draft = await kept(bot, submitted(ActionKind.NEW_FORM, OPENED))
    clock.advance(DRAFT_MAX_AGE_S + 1)
    await kept(bot, submitted(ActionKind.NEW_FORM, OPENED))

    with pytest.raises(RefusedError) as caught:
        await bot.reopened_form(ORIGIN, draft)
    assert caught.value.refusal is RefusalCode.FORM_EXPIRED


@pytest.mark.parametrize("error", [RefusedError(RefusalCode.ASKED_TWICE), StoreError(StoreCode.BUSY)])
async def test_what_no_change_can_mend_is_only_told(bot: CommandReceiver, error: BotError) -> None:
    """There is no button to a form that would be refused again."""
    reply = await bot.keep_form(ORIGIN, submitted(ActionKind.NEW_FORM, OPENED), error)

    assert reply.text
    assert reply.buttons == ()
