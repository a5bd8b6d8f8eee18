"""What a member reads of a call whose gateway does not have the model: the same as who asks for it next."""

from dataclasses import replace

from bot.commands.numbering import as_seen
from bot.errors import RefusalCode, RefusedError
from bot.jobs.call import Call
from bot.jobs.job import Job
from bot.pipeline.context import JobContext
from bot.requests.checks import RequestRules, candidates


async def missing_model(job: Job, call: Call, context: JobContext, rules: RequestRules) -> RefusedError:
    """The refusal, with what works instead. The model is marked already."""
    references = await context.jobs.references(job.id)
    options = replace(job.command.options, model=call.model, gateway=call.gateway)
    try:
        candidates(replace(job.command, options=options), references, rules)
    except RefusedError as refusal:
        if refusal.refusal is RefusalCode.MODEL_UNAVAILABLE:
            return as_seen(refusal, job.command)
    # What was accepted would be refused for another reason now, since the configuration has changed.
    mark = context.marks.find(call.gateway, call.model)
    again_at = context.clock.now() if mark is None else mark.until
    return RefusedError(RefusalCode.MODEL_UNAVAILABLE, gateway=call.gateway, model=call.model, again_at=again_at)
