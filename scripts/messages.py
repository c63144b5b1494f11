"""The translations, with Babel instead of the gettext programs.

    python -m scripts.messages update    msgids of the sources → locale/*/LC_MESSAGES/django.po, what is no longer used goes
    python -m scripts.messages compile   .po → .mo, where the .po is newer
    python -m scripts.messages check     fails when a catalogue is not complete, or a placeholder got lost

msgids are English, so English needs no catalogue. Scripts take their words from data attributes of the page: no
second domain.
"""

import ast
import io
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
NOT_OURS = {".venv", "node_modules", "var", "tests", "benchmarks", "scripts", "migrations"}
LAZY = {f"{name}_lazy": spec for name, spec in DEFAULT_KEYWORDS.items()}
KEYWORDS = {**DEFAULT_KEYWORDS, **LAZY, "gettext_noop": None}
HEADER = """\
# Translations of Entrevilles. msgids are English; `make messages` keeps this file in step with the sources.
msgid ""
msgstr ""
"Language: {locale}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural};\\n"

"""

# What Django's templatize leaves of a template: calls in a sea of X.
TEXT = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
CALL = re.compile(rf"\b(n?p?gettext|_)\(\s*({TEXT}(?:\s*,\s*{TEXT})*)")
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|(?<!%)%[sd]|\{\w*\}")

Key = tuple[str | None, str | tuple[str, ...]]


def sources(suffix: str) -> Iterator[Path]:
    """Our own files of one kind, in order."""
    for path in sorted(ROOT.rglob(f"*{suffix}")):
        if not NOT_OURS.intersection(path.relative_to(ROOT).parts):
            yield path


def from_python(path: Path) -> Iterator[Key]:
    """(context, msgid or (singular, plural)) of each gettext call."""
    with path.open("rb") as file:
        for _line, message, _comments, context in extract("python", file, keywords=KEYWORDS):
            yield context, tuple(message) if isinstance(message, list | tuple) else message


def from_template(path: Path) -> Iterator[Key]:
    """The same for `{% translate %}`, `{% blocktranslate %}` and `_("…")` in a template."""
    for name, arguments in CALL.findall(templatize(path.read_text(), origin=str(path))):
        texts = [ast.literal_eval(text) for text in re.findall(TEXT, arguments)]
        context = texts.pop(0) if "pgettext" in name else None
        yield context, (texts[0], texts[1]) if name.startswith("n") else texts[0]


def wanted() -> dict[Key, Path]:
    """Every msgid of the sources, with one file that uses it. A plural serves its singular's plain use too."""
    found: dict[Key, Path] = {}
    for suffix, reader in ((".py", from_python), (".html", from_template), (".txt", from_template)):
        for path in sources(suffix):
            if suffix == ".txt" and "templates" not in path.parts:
                continue
            for key in reader(path):
                found.setdefault(key, path.relative_to(ROOT))
    plurals = {(context, text[0]) for context, text in found if isinstance(text, tuple)}
    return {key: path for key, path in found.items() if key not in plurals and key[1]}


def key_of(message: Message) -> Key:
    """The same key for an entry of a catalogue."""
    return message.context, tuple(message.id) if isinstance(message.id, list | tuple) else message.id


def catalogues() -> Iterator[tuple[Path, Catalog]]:
    """Each .po with its content."""
    for path in sorted((ROOT / "locale").glob("*/LC_MESSAGES/*.po")):
        with path.open("rb") as file:
            yield path, read_po(file, locale=path.parent.parent.name)


def write(path: Path, catalog: Catalog) -> None:
    """Sorted and without line numbers or dates: a diff shows words only."""
    content = io.BytesIO()
    write_po(
        content,
        catalog,
        width=100,
        omit_header=True,
        sort_output=True,
        no_location=True,
        ignore_obsolete=True,
    )
    header = HEADER.format(locale=catalog.locale_identifier, plural=catalog.plural_forms.rstrip(";"))
    path.write_text(header + content.getvalue().decode().strip() + "\n")


def update() -> None:
    """Merge the sources' msgids into each catalogue, keeping what is translated."""
    for path, old in catalogues():
        known = {key_of(message): message for message in old if message.id}
        singular = {(m.context, m.id[0]): strings(m)[0] for m in known.values() if isinstance(m.id, tuple)}
        new = Catalog(locale=old.locale)
        for context, text in wanted():
            message = known.get((context, text))
            string = message.string if message else singular.get((context, str(text)))
            comments = message.user_comments if message else ()
            flags = {"fuzzy"} & message.flags if message else set()
            new.add(text, string, context=context, user_comments=comments, flags=flags)
        write(path, new)
        print(
            f"{path.relative_to(ROOT)}: {len(new)} messages, {sum(not translated(m) for m in new if m.id)} to translate"
        )


def compile_catalogues() -> None:
    """Write the .mo of each .po that changed since."""
    for path in sorted((ROOT / "locale").glob("*/LC_MESSAGES/*.po")):
        binary = path.with_suffix(".mo")
        if not binary.exists() or binary.stat().st_mtime <= path.stat().st_mtime:
            with path.open("rb") as file:
                catalog = read_po(file, locale=path.parent.parent.name)
            # Under another name first: a process that starts now must not read half a file.
            partial = binary.with_suffix(".partial")
            with partial.open("wb") as file:
                write_mo(file, catalog)
            partial.replace(binary)


def strings(message: Message) -> list[str]:
    """The translations of a message: one, or one for each plural form."""
    return list(message.string) if isinstance(message.string, list | tuple) else [message.string or ""]


def translated(message: Message) -> bool:
    """Is every form there, and nobody in doubt?"""
    return all(strings(message)) and not message.fuzzy


def placeholders(text: str) -> set[str]:
    """`%(name)s`, `%s`, `{name}` of a text."""
    return set(PLACEHOLDER.findall(text))


def faults(catalog: Catalog, needed: dict[Key, Path]) -> Iterator[str]:
    """What keeps a catalogue from being complete, a line each."""
    known = {key_of(message): message for message in catalog if message.id}
    for key, path in needed.items():
        if key not in known:
            yield f"missing: {key[1]!r} ({path})"
    for key, message in known.items():
        if key not in needed:
            yield f"no longer used: {key[1]!r}"
        elif message.fuzzy:
            yield f"fuzzy: {key[1]!r}"
        elif not translated(message):
            yield f"untranslated: {key[1]!r}"
        else:
            yield from lost_placeholders(message)


def lost_placeholders(message: Message) -> Iterable[str]:
    """Singular forms may say "one" in words; every other form has exactly the placeholders of its msgid."""
    texts = list(message.id) if isinstance(message.id, list | tuple) else [message.id]
    allowed, forms = placeholders(texts[-1]), strings(message)
    if placeholders(forms[-1]) != allowed:
        yield f"placeholders differ: {texts[-1]!r} → {forms[-1]!r}"
    for form in forms[:-1]:
        if not placeholders(form) <= allowed:
            yield f"unknown placeholder: {form!r}"


def check() -> int:
    """Print every fault of every catalogue; their number."""
    needed = wanted()
    lines = [
        f"{path.relative_to(ROOT)}: {fault}" for path, old in catalogues() for fault in faults(old, needed)
    ]
    print("\n".join(lines[:40]))
    if lines:
        print(
            f"{len(lines)} faults. `make messages` brings the catalogues in step; then translate what is empty."
        )
    return len(lines)


if __name__ == "__main__":
    settings.configure()
    verbs = {"update": update, "compile": compile_catalogues, "check": check}
    sys.exit(1 if verbs[sys.argv[1]]() else 0)
