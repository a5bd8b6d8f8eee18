"""Renders the answers to small talk and to what the bot cannot do; pure."""

from bot.chat.capabilities import Capabilities
from bot.chat.reply import Reply
from bot.commands.command import Topic
from bot.wording.words import Words


def remark(topic: Topic, capabilities: Capabilities, words: Words) -> Reply:
    replying = words.say("talk-take-back-mention" if capabilities.reply_names_bot else "talk-take-back-reply")
    return Reply(text=words.say(f"talk-{topic}", help=capabilities.help_command, reply=replying))


def stopped(words: Words, *, coming: int, count: int) -> Reply:
    """The answer to who has stopped a request of which some pictures are paid for already."""
    return Reply(text=words.say("talk-stopped", coming=coming, count=count))
