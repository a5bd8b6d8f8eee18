"""Renders the help; pure."""

from dataclasses import replace

from bot.chat.capabilities import Capabilities
from bot.chat.reply import Reply
from bot.presentation.offers import Offers
from bot.wording.words import Words


def help_text(capabilities: Capabilities, offers: Offers, words: Words) -> Reply:
    """Short, in sections, with examples that work with the operator's gateways; a size that the default model lacks takes another."""
    several = min(4, offers.default_most_images)
    parts = [
        words.say("help-new", count=several),
        words.say(
            "help-edit",
            edit=words.say("help-edit-files" if capabilities.command_files else "help-edit-form"),
            reply=words.say("help-reply-mention" if capabilities.reply_names_bot else "help-reply"),
        ),
        words.say(
            "help-flags",
            images=offers.default_most_images,
            sizes=", ".join(offers.tiers),
            models=", ".join(offers.models),
            formats=", ".join(offers.default_formats) or "none",
            extras=_extras(offers) or "none",
            hiding="--private, --spoiler" if capabilities.spoilers else "--private",
        ),
        words.say("help-more", quota=capabilities.quota_command, models=capabilities.models_command),
    ]
    return Reply(text="\n\n".join(parts))


def with_slip(text: Reply, slip: str, nearest: str | None, words: Words) -> Reply:
    """The help, below the name of a command that there is not."""
    code = "help-slip" if nearest is None else "help-slip-nearest"
    return replace(text, text=f"{words.say(code, typed=slip, nearest=nearest or '')}\n\n{text.text}")


def _extras(offers: Offers) -> str:
    """The flags that only some models have."""
    flags = {
        "--background transparent": "transparent" in offers.backgrounds,
        "--layers": offers.layers,
        "--region 10,10,50,50 · --point 30,60 (in percent)": offers.regions,
    }
    return " · ".join([*(flag for flag, offered in flags.items() if offered), "--separate"])
