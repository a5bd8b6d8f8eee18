"""Sources of settings: the configuration file, the environment and secret files."""

import dataclasses
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import field
from decimal import Decimal
from pathlib import Path
from typing import Any

from bot.config.keys import Key
from bot.values import dataclass

CONFIG_VARIABLE = "SEEDREAM_BOT_CONFIG"
CONFIG_NAME = "seedream-bot.toml"
FILE_SUFFIX = "_FILE"
QUOTES = "\"'`“”‘’"


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """Every given value by its key in the file. `names` has the variable for keys that came from the environment."""

    values: Mapping[str, Any]
    names: Mapping[str, str]


@dataclasses.dataclass(kw_only=True)
class Gatherer:
    """Reads the sources and collects their problems, which never contain a secret."""

    environment: Mapping[str, str]
    keys: Mapping[str, Key]
    problems: list[str] = field(default_factory=list)

    def gather(self, path: Path | None) -> Gathered:
        """The values of the file; scalars of the environment take precedence."""
        values: dict[str, Any] = {} if path is None else self._document(path)
        names: dict[str, str] = {}
        scalars = {name: key for name, key in self.keys.items() if key.scalar}
        for key, declared in scalars.items():
            variable = key.upper()
            if declared.secret:
                named = self.secret(variable)
                if named is None:
                    named = self._named_by_document(key, values)
                values.pop(f"{key}_file", None)
            else:
                named = self.environment.get(variable) or None
            if named is not None:
                values[key] = named
                names[key] = variable
            elif declared.secret and isinstance(values.get(key), str):
                self._check_secret(key, values[key])
        return Gathered(values=values, names=names)

    def secret(self, variable: str) -> str | None:
        """A secret from its variable, or from the file that `<variable>_FILE` names; None if neither is set."""
        value = self.environment.get(variable) or None
        named = self.environment.get(variable + FILE_SUFFIX) or None
        if value is not None and named is not None:
            self.problems.append(f"{variable}: {variable}{FILE_SUFFIX} is also set; set only one of them.")
            return value
        if named is not None:
            return self._secret_file(variable + FILE_SUFFIX, named)
        if value is not None:
            self._check_secret(variable, value)
        return value

    def _named_by_document(self, key: str, values: Mapping[str, Any]) -> str | None:
        named = values.get(f"{key}_file")
        if named is None:
            return None
        if not isinstance(named, str):
            self.problems.append(f"{key}_file: found {shown(named)}; expected the path of a file, in quotes.")
            return None
        if key in values:
            self.problems.append(f"{key}: {key}_file is also set; set only one of them.")
        return self._secret_file(f"{key}_file", named)

    def _secret_file(self, name: str, path: str) -> str | None:
        """The only line of the file, without its final line break."""
        try:
            text = Path(path).expanduser().read_text(encoding="utf-8-sig")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not a text file"
            self.problems.append(f"{name}: found {shown(path)}, which cannot be read ({reason}); expected a readable text file.")
            # Not None: a second problem that says nothing is set would be misleading.
            return ""
        secret = text.removesuffix("\n").removesuffix("\r")
        self._check_secret(name, secret)
        return secret

    def _check_secret(self, name: str, value: str) -> None:
        fault = secret_fault(value)
        if fault is not None:
            self.problems.append(f"{name}: the secret (hidden) {fault}; expected only the secret, on one line.")

    def _document(self, path: Path) -> dict[str, Any]:
        try:
            text = path.read_bytes().decode("utf-8-sig")
            return tomllib.loads(text, parse_float=Decimal)
        except OSError as error:
            self.problems.append(f"{path}: the file cannot be read ({error.strerror}); check its permissions.")
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            self.problems.append(f"{path}: line {line} is not valid UTF-8; save the file as UTF-8.")
        except tomllib.TOMLDecodeError as error:
            self.problems.append(f"{path}: invalid TOML: {error}.")
        return {}


def secret_fault(value: str) -> str | None:
    """What is wrong with the form of a secret, without revealing any of it."""
    if not value.strip():
        return "is empty"
    if re.search(r"[\r\n\v\f\x85\u2028\u2029]", value):
        return "contains a line break"
    if re.search(r"\s", value):
        return "contains a space" if value.strip() == value else "begins or ends with a space"
    if value[0] in QUOTES or value[-1] in QUOTES:
        return "has quotes around it"
    if not value.isascii() or not value.isprintable():
        return "contains a character that is not printable ASCII"
    return None


def shown(value: object) -> str:
    """A value for an error message. The credentials and the query of a URL may be secret and are hidden."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            text = f"***@{value.rpartition('@')[2]}" if "@" in value else value
            text = f"{text.partition('?')[0]}?***" if "?" in text else text
            return json.dumps(text if len(text) <= 80 else text[:77] + "...", ensure_ascii=False)
        case dict():
            return "a table"
        case []:
            return "an empty list"
        case list():
            return "a list"
        case _:
            return str(value)
