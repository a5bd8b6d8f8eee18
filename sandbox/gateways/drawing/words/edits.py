"""The scene of a prompt about one or more pictures: what is named changes, everything else stays."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sandbox.gateways.drawing.scene import MOST_OF_A_KIND, MOST_SUBJECTS, Scene, Subject
from sandbox.gateways.drawing.words.new_scenes import subjects_of
from sandbox.gateways.drawing.words.reading import Mention, Reading


def edited_scene(scene: Scene, reading: Reading) -> Scene:
    """Return the scene with the wishes of a prompt."""
    changed = _in_settings(scene, reading)
    news = [mention for mention in reading.mentions if mention.act == "become"]
    olds = [mention for mention in reading.mentions if mention.act in {"replace", "turn"} and scene.has(mention.kind)]
    if news:
        changed = _become(changed, news[-1], olds[0].kind if olds else "")
    for mention in reading.mentions:
        if mention not in news and not (news and mention in olds):
            changed = _with_mention(changed, mention)
    named = any(mention.colour for mention in reading.mentions)
    if reading.colours and not named:
        changed = _recoloured(changed, reading.colours[-1])
    return changed


def base_of(scenes: Sequence[Scene], reading: Reading) -> int:
    """Return the place in the list of the picture that the result is made from."""
    chosen = [number - 1 for number in reading.only if number <= len(scenes)]
    if chosen:
        return chosen[0]
    donors = {mention.picture for mention in reading.mentions if mention.picture}
    setting = reading.sources.get("place") or reading.sources.get("time") or reading.sources.get("season")
    if setting and setting <= len(scenes) and donors - {setting}:
        return setting - 1
    others = [number for number in range(1, len(scenes) + 1) if number not in donors]
    return others[0] - 1 if donors and others else 0


def combined_scene(scenes: Sequence[Scene], reading: Reading) -> Scene:
    """Return one scene of several pictures: the things of all of them, or those that the prompt picks."""
    base = base_of(scenes, reading)
    scene = scenes[base]
    if [number for number in reading.only if number <= len(scenes)]:
        return edited_scene(scene, reading)
    for name, number in reading.sources.items():
        if number <= len(scenes) and number - 1 != base and getattr(scenes[number - 1], name):
            scene = with_settings(scene, {name: getattr(scenes[number - 1], name)})
    picked = [mention for mention in reading.mentions if mention.picture]
    if picked:
        kept = [subject for subject in scene.subjects if not reading.sources or base + 1 in {m.picture for m in picked}]
        found = [_from_picture(mention, scenes) for mention in picked]
        subjects = [*found, *(subject for subject in kept if subject.kind not in {thing.kind for thing in found})]
    elif reading.sources:
        subjects = list(scene.subjects)
    else:
        subjects = list(dict.fromkeys(subject for each in scenes for subject in each.subjects))
    others = replace(reading, mentions=[mention for mention in reading.mentions if not mention.picture])
    return edited_scene(replace(scene, subjects=tuple(subjects[:MOST_SUBJECTS])), others)


def _from_picture(mention: Mention, scenes: Sequence[Scene]) -> Subject:
    """Return the thing as the named picture shows it, or as the prompt describes it."""
    scene = scenes[mention.picture - 1] if mention.picture <= len(scenes) else Scene()
    shown = next((subject for subject in scene.subjects if subject.kind == mention.kind), None)
    if shown is None:
        return subjects_of([mention])[0]
    return replace(shown, colour=mention.colour or shown.colour, count=mention.count or shown.count)


def _in_settings(scene: Scene, reading: Reading) -> Scene:
    settings = {name: key for name, key in reading.settings.items() if not (name == "place" and name in reading.sources)}
    if not scene.place and "place" in reading.settings:
        settings["place"] = reading.settings["place"]
    settings |= dict.fromkeys(reading.removes_settings, "")
    if settings.get("style") == "photo":
        settings["style"] = ""
    if "season" in settings and "weather" not in settings and (scene.weather == "snow") != (settings["season"] == "winter"):
        settings["weather"] = "snow" if settings["season"] == "winter" else ""
    if settings.get("place") and scene.pattern:
        settings["pattern"] = ""
    return with_settings(scene, settings)


def with_settings(scene: Scene, settings: Mapping[str, str]) -> Scene:
    """Return the scene with other words for some of its settings."""
    words: dict[str, Any] = dict(settings)
    return replace(scene, **words)


def _with_mention(scene: Scene, mention: Mention) -> Scene:
    match mention.act:
        case "remove" | "replace":
            return scene.without(frozenset({mention.kind}))
        case "add":
            return _added(scene, mention)
        case _:
            return _changed(scene, mention) if scene.has(mention.kind) else _added(scene, mention)


def _added(scene: Scene, mention: Mention) -> Scene:
    more = max(1, mention.count)
    same = next((s for s in scene.subjects if s.kind == mention.kind and mention.colour in {"", s.colour}), None)
    if same is None:
        added = Subject(kind=mention.kind, count=more, colour=mention.colour)
        return replace(scene, subjects=(*scene.subjects[: MOST_SUBJECTS - 1], added), pattern="")
    grown = replace(same, count=min(MOST_OF_A_KIND, same.count + more))
    return replace(scene, subjects=tuple(grown if subject is same else subject for subject in scene.subjects))


def _become(scene: Scene, mention: Mention, kind: str) -> Scene:
    """Put the thing in the place of one of this kind, or of the main one."""
    at = next((number for number, subject in enumerate(scene.subjects) if subject.kind == kind), 0)
    count = mention.count or (scene.subjects[at].count if scene.subjects else 1)
    thing = Subject(kind=mention.kind, count=count, colour=mention.colour)
    return replace(scene, subjects=(*scene.subjects[:at], thing, *scene.subjects[at + 1 :]), pattern="")


def _changed(scene: Scene, mention: Mention) -> Scene:
    subjects = tuple(
        replace(subject, colour=mention.colour or subject.colour, count=mention.count or subject.count)
        if subject.kind == mention.kind
        else subject
        for subject in scene.subjects
    )
    return replace(scene, subjects=subjects)


def _recoloured(scene: Scene, colour: str) -> Scene:
    """Give the main thing the colour, or the whole picture where there is none."""
    if not scene.subjects:
        return replace(scene, tint=colour)
    return replace(scene, subjects=(replace(scene.subjects[0], colour=colour), *scene.subjects[1:]))
