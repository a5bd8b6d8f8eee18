"""`seedream-bot explain`: the request a text would become, or the refusal. Sends nothing, spends nothing, needs no key."""

import asyncio
import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, assert_never

import typer
from rich.console import Console

from adapters.cli.amounts import money
from adapters.cli.failures import FAILED, configuration_errors
from adapters.cli.options import Config
from adapters.cli.settings import keyless_settings
from bot.catalog.dialects import DIALECTS
from bot.catalog.profiles import GatewayProfile, profile
from bot.commands.command import Generate, Options, StoredPicture
from bot.commands.grammar import parse
from bot.config.settings import GatewaySettings, Secret, Settings
from bot.errors import RefusedError
from bot.ids import BlobId
from bot.images.processor import ImageProcessor
from bot.requests.quote import Quote
from bot.requests.references import Reference, blob_reference, data_url
from bot.requests.request import RequestSpec
from bot.requests.routing import Candidate, rank
from bot.upstream.dialects.table import encode
from bot.upstream.http_client import headers_of
from bot.wording.words import Words

DEFAULT_GATEWAY = "ark_intl"
NOWHERE = "https://base-url.invalid"
"""Stands for an address that only the operator knows."""
LONGEST_SHOWN = 200

JsonObject = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A reference, and what stands for it in the request. `file` is read in when everything else has been judged."""

    reference: Reference
    stands_as: str
    file: Path | None = None


def explain(
    text: Annotated[list[str], typer.Argument(help="What a member would type: a prompt with flags.", show_default=False)],
    *,
    gateway: Annotated[str | None, typer.Option(help="This gateway; else the one that would be chosen.")] = None,
    reference: Annotated[
        list[str] | None, typer.Option(help="A reference picture: an https address, a data URL or a file.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
    config: Config = None,
) -> None:
    """Print the exact request a text would become and its price, or the refusal. Nothing is sent."""
    with configuration_errors():
        settings = keyless_settings(config)
        configured = tuple(profile(row, public_url=settings.public_url) for row in settings.gateways)
    try:
        command = _command(" ".join(text), gateway)
        profiles = configured or _unconfigured(command, settings)
        shown = [*_stored(command), *(_shown(number, given) for number, given in enumerate(reference or (), 1))]
        candidate, wired = asyncio.run(_choose(command, shown, profiles, settings))
    except RefusedError as error:
        _print_refusal(error, as_json=as_json)
        raise typer.Exit(FAILED) from error
    chosen = next(row for row in profiles if row.name == candidate.gateway)
    _print_request(_described(candidate, wired, chosen), as_json=as_json)


def _unconfigured(command: Generate, settings: Settings) -> tuple[GatewayProfile, ...]:
    """Without a gateway of the operator's every dialect stands under its own name, and one of them where none is named."""
    names = tuple(DIALECTS) if command.options.gateway is not None else (DEFAULT_GATEWAY,)
    return tuple(
        profile(
            GatewaySettings(name=name, dialect=name, api_key=Secret(""), base_url=DIALECTS[name].base_url or NOWHERE),
            public_url=settings.public_url,
        )
        for name in names
    )


def _command(text: str, gateway: str | None) -> Generate:
    word, _, rest = text.lstrip().partition(" ")
    typed = Options(gateway=gateway)
    if word == "/edit":
        return parse(rest, verb="edit", options=typed)
    return parse(rest if word == "/imagine" else text, verb="imagine", options=typed)


def _stored(command: Generate) -> list[Shown]:
    """Pictures of earlier jobs: no store is opened, so nothing is known of them."""
    unknown = Reference(form="bytes", value="")
    return [
        Shown(reference=unknown, stands_as=f"<stored:{source.job}#{source.number}>")
        for source in command.references
        if isinstance(source, StoredPicture)
    ]


def _shown(number: int, given: str) -> Shown:
    if given[:5].lower() == "data:":
        head, _, content = given.partition(",")
        size = len(content) * 3 // 4 - content[-2:].count("=")
        media_type = head[5:].partition(";")[0] or "text/plain"
        return Shown(
            reference=Reference(form="data", value=given, media_type=media_type, size_bytes=size),
            stands_as=given,
        )
    if "://" in given:
        return Shown(reference=Reference(form="url", value=given), stands_as=given)
    path = Path(given)
    try:
        path.open("rb").close()
    except OSError as error:
        why = f"{number}: neither an https address, a data URL nor a file that can be read."
        raise typer.BadParameter(why, param_hint="--reference") from error
    return Shown(reference=Reference(form="bytes", value=""), stands_as="", file=path)


async def _choose(
    command: Generate,
    shown: list[Shown],
    profiles: tuple[GatewayProfile, ...],
    settings: Settings,
) -> tuple[Candidate, list[str]]:
    """As the bot does it: what can be refused without looking at a picture is, then pictures are taken in."""
    _rank(command, shown, profiles, settings)
    contents: dict[int, bytes] = {}
    async with ImageProcessor() as processor:
        for index, one in enumerate(shown):
            if one.file is not None:
                contents[index], taken = await _take_in(one.file, index + 1, processor)
                shown[index] = replace(one, reference=taken)
    candidate = _rank(command, shown, profiles, settings)
    chosen = next(row for row in profiles if row.name == candidate.gateway)
    wired = [_wire_form(number, one, contents.get(number - 1), chosen) for number, one in enumerate(shown, 1)]
    return candidate, wired


def _rank(
    command: Generate,
    shown: list[Shown],
    profiles: tuple[GatewayProfile, ...],
    settings: Settings,
) -> Candidate:
    ask = RequestSpec(
        prompt=command.prompt,
        options=command.options,
        references=tuple(one.reference for one in shown),
        references_required=command.verb == "edit",
    )
    return rank(ask, profiles, settings.defaults)[0]


async def _take_in(path: Path, number: int, processor: ImageProcessor) -> tuple[bytes, Reference]:
    try:
        taken = await processor.prepare_reference(await asyncio.to_thread(path.read_bytes))
    except RefusedError as error:
        raise RefusedError(error.refusal, nearest=error.nearest, **{**error.parameters, "number": number}) from error
    reference = blob_reference(
        BlobId(hashlib.sha256(taken.content).hexdigest()),
        media_type=taken.media_type,
        width=taken.width,
        height=taken.height,
        size_bytes=len(taken.content),
    )
    return taken.content, reference


def _wire_form(number: int, shown: Shown, content: bytes | None, chosen: GatewayProfile) -> str:
    """What stands in the request; what a step before the call would make of bytes has a name of its own."""
    if shown.reference.form != "bytes":
        return shown.stands_as
    way = chosen.dialect.references.bytes_as
    match way:
        case "data" | None:
            return shown.stands_as if content is None else data_url(content, shown.reference.media_type or "image/png")
        case "upload" | "signed":
            return f"<{way}:{number}>"
        case _:
            assert_never(way)


def _described(candidate: Candidate, wired: list[str], chosen: GatewayProfile) -> JsonObject:
    call = encode(candidate.request, wired)
    return {
        "gateway": candidate.gateway,
        "dialect": chosen.dialect.name,
        "method": call.method,
        "url": chosen.base_url + call.path,
        "headers": {"Authorization": "Bearer ***", **headers_of(call, request_id="<random>")},
        "body": call.body,
        "price": None if candidate.price is None else _price(candidate.price),
    }


def _price(quote: Quote) -> JsonObject:
    return {"amount": money(quote.amount), "currency": quote.currency, "images": quote.images}


def _print_refusal(error: RefusedError, *, as_json: bool) -> None:
    message = Words().refusal(error)
    if as_json:
        typer.echo(json.dumps({"refused": {"code": error.code, "message": message, "nearest": error.nearest}}))
    else:
        typer.echo(f"{error.code}: {message}")


def _print_request(described: JsonObject, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(described))
        return
    console = Console(highlight=False, markup=False, soft_wrap=True)
    console.print(f"{described['gateway']} ({described['dialect']})")
    console.print(f"{described['method']} {described['url']}")
    for name, value in described["headers"].items():
        console.print(f"{name}: {value}")
    console.print_json(data=_shortened(described["body"]), ensure_ascii=False)
    price = described["price"]
    if price is None:
        console.print("Price: unknown")
    else:
        pictures = "one picture" if price["images"] == 1 else f"up to {price['images']} pictures"
        console.print(f"Price: {price['amount']} {price['currency']} for {pictures}")


def _shortened(value: Any) -> Any:  # noqa: ANN401  # JSON
    """A picture inside a text is for no reader's eyes; `--json` has it whole."""
    match value:
        case dict():
            return {name: _shortened(item) for name, item in value.items()}
        case list():
            return [_shortened(item) for item in value]
        case str() if value.startswith("data:") and len(value) > LONGEST_SHOWN:
            return f"{value[:40]}… ({len(value)} characters)"
    return value
