"""Command lines made up from the options that awscli has for an operation."""

import json
import random
import re
import shlex

from awscli import argprocess, arguments
from awscli.customizations import paginate, toplevelbool
from botocore.utils import is_json_value_header

TEXTS = ("text", "two words", "it's", "a=b,c", 'a "quote"', "[x]", "back\\slash", "äß€", "1")
DEEPEST = 3


class MadeUp:
    """Values of shapes, the same ones whenever an operation is asked for."""

    def __init__(self, operation, paginators):
        self.random = random.Random(f"{operation.service_model.service_name}.{operation.name}")
        self.paginator = paginators.get(operation.name)

    def text(self, shape):
        if getattr(shape, "enum", None):
            return self.random.choice(shape.enum)
        text = self.random.choice(TEXTS)
        return text + "x" * (shape.metadata.get("min", 0) - len(text))

    def number(self, shape, otherwise):
        low = shape.metadata.get("min", 0)
        high = shape.metadata.get("max", max(low, 100))
        return min(max(otherwise, low), high)

    def value(self, shape, depth=0):
        kind = shape.type_name
        if getattr(shape, "is_document_type", False) or is_json_value_header(shape):
            return {"a": [1, None, {"b": True}]}
        if kind == "structure":
            names = list(shape.members)
            if getattr(shape, "is_tagged_union", False):
                names = [self.random.choice(names)]
            elif depth >= DEEPEST or len(names) > 8:
                chosen = [] if depth >= DEEPEST else self.random.sample(names, 6)
                names = [name for name in names if name in shape.required_members or name in chosen]
            if depth > 3 * DEEPEST:
                names = []
            return {name: self.value(shape.members[name], depth + 1) for name in names}
        if kind == "list":
            count = max(shape.metadata.get("min", 0), 1 if depth else 2)
            if depth > 3 * DEEPEST:
                count = 0
            return [self.value(shape.member, depth + 1) for _ in range(min(count, 20))]
        if kind == "map":
            if depth > 2 * DEEPEST:
                return {}
            return {f"{self.text(shape.key)}".replace(" ", "-"): self.value(shape.value, depth + 1)}
        if kind in ("integer", "long"):
            return int(self.number(shape, 7))
        if kind in ("float", "double"):
            return float(self.number(shape, 1.5))
        if kind == "boolean":
            return self.random.random() < 0.5
        if kind == "timestamp":
            return self.random.choice(("2020-01-02T03:04:05Z", "2020-01-02", "1577934245", "2020-01-02T03:04:05+01:00"))
        return self.text(shape)

    def words(self, shape, value):
        """The words that give an option a value."""
        kind = shape.type_name
        if kind == "list" and not self.in_shorthand(shape):
            as_json = self.random.random() < 0.5 or shape.member.type_name not in ("string", "integer", "long", "timestamp")
            return [json.dumps(value)] if as_json or not value or str(value[0]).startswith(("[", "{")) else [str(v) for v in value]
        if kind in ("structure", "map", "list"):
            if not self.in_shorthand(shape) or self.random.random() < 0.5 or not value or not simple(value):
                return [json.dumps(value)]
            return [shorthand(entry) for entry in value] if kind == "list" else [shorthand(value)]
        if isinstance(value, (dict, list)):
            return [json.dumps(value)]
        return [str(value)]

    def in_shorthand(self, shape):
        return argprocess._supports_shorthand_syntax(shape)

    def command(self, service, name, table):
        """A command line with most of the options in `table`."""
        by_pages = self.random.random() < 0.5 and self.paginator is not None
        tokens = set(paginate._get_all_cli_input_tokens(self.paginator)) if by_pages else set()
        words, used = ["aws", service, name], set()
        for option in table.values():
            member = getattr(option, "_serialized_name", None)
            if isinstance(option, paginate.PageArgument):
                by_hand = {"starting-token"} | ({"max-items"} if "page-size" in tokens else set())
                words += [option.cli_name, "50"] if by_pages and option.name not in by_hand else []
                continue
            if not isinstance(option, arguments.CLIArgument) or member in used or (by_pages and option.name in tokens):
                continue
            if type(option) is arguments.BooleanArgument:
                if self.random.random() < 0.5 and not option.name.startswith("no-"):
                    continue
                words.append(option.cli_name)
            elif isinstance(option, (toplevelbool.PositiveBooleanArgument, toplevelbool.NegativeBooleanParameter)):
                if self.random.random() < 0.5:
                    continue
                words.append(option.cli_name)
            else:
                shape = option.argument_model
                words += [option.cli_name, *self.words(shape, self.value(shape))]
            used.add(member)
        if "outfile" in table and table["outfile"].cli_name == "outfile":
            words.insert(3, "out.txt")
        return " ".join(shlex.quote(word) for word in words)


def simple(value):
    """Whether shorthand syntax can say it: text that ends with a backslash and empty names cannot be said."""
    if isinstance(value, dict):
        return all(re.fullmatch(r"[A-Za-z0-9_.#/:-]+", key) and simple(entry) for key, entry in value.items())
    if isinstance(value, list):
        return all(simple(entry) for entry in value)
    return value is not None


def shorthand(value, nested=False):
    if isinstance(value, dict):
        text = ",".join(f"{key}={shorthand(entry, True)}" for key, entry in value.items())
        return "{" + text + "}" if nested else text
    if isinstance(value, list):
        return "[" + ", ".join(shorthand(entry, True) for entry in value) + "]"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if re.fullmatch(r"[A-Za-z0-9.:+-]+", text):
        return text
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
