"""`seedream-bot explain`: prints the request for a prompt, or its refusal. Sends nothing, spends nothing, needs no key."""

import asyncio
import hashlib
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, assert_never

import typer
from rich.console import Console

from adapters.cli.failures import FAILED, configuration_errors
from adapters.cli.options import Config
from adapters.cli.settings import keyless_settings
from bot.catalog.load import catalog_of
from bot.catalog.profiles import GatewayProfile, profile, profiles_of
from bot.clock import SystemClock
from bot.commands.command import Generate, Options, StoredPicture
from bot.commands.grammar import check_addresses, parse
from bot.config.settings import GatewaySettings, Secret, Settings
from bot.errors import RefusedError
from bot.ids import BlobId
from bot.images.processor import ImageProcessor
from bot.requests.quote import Quote
from bot.requests.references import Reference, add_number, blob_reference, data_url
from bot.requests.request import Request, RequestSpec, Substitution
from bot.requests.routing import Candidate, rank
from bot.upstream.dialects.table import encode
from bot.upstream.transport.http_client import headers_of
from bot.values import dataclass
from bot.wording.lexicon import lexicon
from bot.wording.words import Words

DEFAULT_GATEWAY = "ark_intl"
PLACEHOLDER_URL = "https://base-url.invalid"
"""The placeholder for the base URL of a dialect that has no default."""
LONGEST_SHOWN = 200

JsonObject = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class ReferenceInput:
    """A reference image and its value in the printed request. `file` is set if the image still has to be read from a file."""

    reference: Reference
    value: str
    file: Path | None = None


def explain(
    text: Annotated[
        list[str], typer.Argument(help="The text as a member would type it: a prompt with flags.", show_default=False)
    ],
    *,
    gateway: Annotated[str | None, typer.Option(help="Use this gateway. Default: the one that the bot would choose.")] = None,
    reference: Annotated[
        list[str] | None,
        typer.Option(help="A reference image: an https URL, a data URL or a file. Repeatable.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object instead of text.")] = False,
    config: Config = None,
) -> None:
    """Print the exact request for a prompt and its price, or the refusal. Sends nothing."""
    with configuration_errors():
        settings = keyless_settings(config)
        configured = profiles_of(settings)
    try:
        command = _command(" ".join(text), gateway)
        check_addresses(command.prompt, lexicon())
        profiles = configured or _unconfigured(command, settings)
        inputs = [*_stored(command), *(_given(number, one) for number, one in enumerate(reference or (), 1))]
        candidate, values = asyncio.run(_choose(command, inputs, profiles, settings))
    except RefusedError as error:
        _print_refusal(error, as_json=as_json)
        raise typer.Exit(FAILED) from error
    chosen = next(row for row in profiles if row.name == candidate.gateway)
    _print_request(_described(candidate, values, chosen), candidate.request.instead, as_json=as_json)


def _unconfigured(command: Generate, settings: Settings) -> tuple[GatewayProfile, ...]:
    """Profiles to use if no gateway is configured: all dialects under their own names if the command names one, else the default."""
    catalog = catalog_of(settings)
    names = tuple(catalog.dialects) if command.options.gateway is not None else (DEFAULT_GATEWAY,)
    return tuple(
        profile(
            GatewaySettings(
                name=name, dialect=name, api_key=Secret(""), base_url=catalog.dialects[name].base_url or PLACEHOLDER_URL
            ),
            public_url=settings.public_url,
            catalog=catalog,
            default_model=settings.defaults.model,
        )
        for name in names
    )


def _command(text: str, gateway: str | None) -> Generate:
    word, _, rest = text.lstrip().partition(" ")
    typed = Options(gateway=gateway)
    if word == "/edit":
        return parse(rest, verb="edit", options=typed)
    return parse(rest if word == "/imagine" else text, verb="imagine", options=typed)


def _stored(command: Generate) -> list[ReferenceInput]:
    """Images of earlier jobs. The store is not opened, so only their names are known."""
    unknown = Reference(form="bytes", value="")
    return [
        ReferenceInput(reference=unknown, value=f"<stored:{source.job}#{source.number}>")
        for source in command.references
        if isinstance(source, StoredPicture)
    ]


def _given(number: int, given: str) -> ReferenceInput:
    if given[:5].lower() == "data:":
        head, _, content = given.partition(",")
        size = len(content) * 3 // 4 - content[-2:].count("=")
        media_type = head[5:].partition(";")[0] or "text/plain"
        return ReferenceInput(
            reference=Reference(form="data", value=given, media_type=media_type, size_bytes=size),
            value=given,
        )
    if "://" in given:
        return ReferenceInput(reference=Reference(form="url", value=given), value=given)
    path = Path(given)
    try:
        path.open("rb").close()
    except OSError as error:
        why = f"{number}: expected an https URL, a data URL or a readable file."
        raise typer.BadParameter(why, param_hint="--reference") from error
    return ReferenceInput(reference=Reference(form="bytes", value=""), value="", file=path)


async def _choose(
    command: Generate,
    inputs: list[ReferenceInput],
    profiles: tuple[GatewayProfile, ...],
    settings: Settings,
) -> tuple[Candidate, list[str]]:
    """Choose a gateway as the bot does: refuse what can be refused at once, then process the files and check again."""
    _rank(command, inputs, profiles, settings)
    contents: dict[int, bytes] = {}
    async with ImageProcessor() as processor:
        for index, one in enumerate(inputs):
            if one.file is not None:
                contents[index], processed = await _process(one.file, index + 1, processor)
                inputs[index] = replace(one, reference=processed)
    candidate = _rank(command, inputs, profiles, settings)
    chosen = next(row for row in profiles if row.name == candidate.gateway)
    values = [_value(number, one, contents.get(number - 1), chosen) for number, one in enumerate(inputs, 1)]
    return candidate, values


def _rank(
    command: Generate,
    inputs: list[ReferenceInput],
    profiles: tuple[GatewayProfile, ...],
    settings: Settings,
) -> Candidate:
    ask = RequestSpec(
        prompt=command.prompt,
        options=command.options,
        references=tuple(one.reference for one in inputs),
        references_required=command.verb == "edit",
        now=SystemClock().now(),
    )
    return rank(ask, profiles, settings.defaults)[0]


async def _process(path: Path, number: int, processor: ImageProcessor) -> tuple[bytes, Reference]:
    try:
        processed = await processor.prepare_reference(await asyncio.to_thread(path.read_bytes))
    except RefusedError as error:
        raise add_number(error, number, name=path.name) from error
    reference = blob_reference(
        BlobId(hashlib.sha256(processed.content).hexdigest()),
        media_type=processed.media_type,
        width=processed.width,
        height=processed.height,
        size_bytes=len(processed.content),
        alpha=processed.alpha,
    )
    return processed.content, reference


def _value(number: int, given: ReferenceInput, content: bytes | None, chosen: GatewayProfile) -> str:
    """The reference's value in the request, or a placeholder if a step before the call would produce it."""
    if given.reference.form != "bytes":
        return given.value
    way = chosen.dialect.references.bytes_as
    match way:
        case "data" | None:
            return given.value if content is None else data_url(content, given.reference.media_type or "image/png")
        case "upload" | "signed":
            return f"<{way}:{number}>"
        case _:
            assert_never(way)


def _described(candidate: Candidate, values: list[str], chosen: GatewayProfile) -> JsonObject:
    calls = described_calls(candidate.request, values, chosen)
    described: JsonObject = {
        "gateway": candidate.gateway,
        "dialect": chosen.dialect.name,
        **calls[0],
        **({"requests": calls} if len(calls) > 1 else {}),
        "price": None if candidate.price is None else _price(candidate.price),
    }
    instead = candidate.request.instead
    if instead is not None:
        described["instead_of"] = instead.instead_of
    return described


def described_calls(request: Request, values: list[str], chosen: GatewayProfile) -> list[JsonObject]:
    """The paid calls, those that are equal as one with their number."""
    described = []
    for wanted, calls in Counter(request.calls).items():
        call = encode(replace(request, count=wanted), values)
        described.append(
            {
                "method": call.method,
                "url": chosen.base_url + call.path,
                "headers": {"Authorization": "Bearer ***", **headers_of(call, request_id="<random>")},
                "body": call.body,
                "calls": calls,
            }
        )
    return described


def _price(quote: Quote) -> JsonObject:
    return {"amount": quote.most.amount, "currency": quote.most.currency, "images": quote.images}


def _print_refusal(error: RefusedError, *, as_json: bool) -> None:
    message = Words().refusal(error)
    if as_json:
        typer.echo(json.dumps({"refused": {"code": error.code, "message": message, "nearest": error.nearest}}))
    else:
        typer.echo(f"{error.code}: {message}")


def _print_request(described: JsonObject, instead: Substitution | None, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(described))
        return
    console = Console(highlight=False, markup=False, soft_wrap=True)
    console.print(f"{described['gateway']} ({described['dialect']})")
    if instead is not None:
        console.print(_instead_line(instead))
    for call in described.get("requests", [described]):
        if call["calls"] > 1:
            console.print(f"{call['calls']} times:")
        console.print(f"{call['method']} {call['url']}")
        for name, value in call["headers"].items():
            console.print(f"{name}: {value}")
        console.print_json(data=_shortened(call["body"]), ensure_ascii=False)
    console.print(_price_line(described["price"]))


def _instead_line(instead: Substitution) -> str:
    """Why it is not the default model, or not the one that was named."""
    if instead.withdrawn:
        return f"Instead of Seedream {instead.instead_of}, which has been withdrawn."
    return f"Not with the default model: Seedream {instead.instead_of} cannot do this."


def _price_line(price: JsonObject | None) -> str:
    if price is None:
        return "Price: unknown"
    images = "one image" if price["images"] == 1 else f"up to {price['images']} images"
    return f"Price: {price['amount']} {price['currency']} for {images}"


def _shortened(value: Any) -> Any:  # noqa: ANN401  # JSON
    """Shorten data URLs for people; `--json` prints them in full."""
    match value:
        case dict():
            return {name: _shortened(item) for name, item in value.items()}
        case list():
            return [_shortened(item) for item in value]
        case str() if value.startswith("data:") and len(value) > LONGEST_SHOWN:
            return f"{value[:40]}… ({len(value)} characters)"
    return value
