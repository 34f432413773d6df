"""What botocore's own validation says of parameters: valid ones, and ones that were made invalid.

    validation.py VARIANTS

Prints one JSON object a line: service, operation, `valid` (parameters in aws-call's form; the last is what the variants are
made from) and `invalid`, up to VARIANTS of {"kind", "path", "remove" or "value", "report"}, each a change of one value that
botocore refuses. Changes that botocore does not refuse are left out; `accepted` counts them. Equal models give equal lines.
"""

import datetime
import json
import random
import sys

import botocore.session
from botocore.utils import is_json_value_header
from botocore.validate import ParamValidator

from filling import Filling, as_json

UNKNOWN = "Zz9Unknown"
# Members that no API has: botocore adds them to sign a URL with, and takes them away again before it sends.
NOT_SENT = {("docdb", "SourceRegion"), ("neptune", "SourceRegion"), ("rds", "SourceRegion")}
# Members that a handler of botocore adds before it validates, so that a caller may leave them out.
ADDED = {("glacier", "accountId")}
# By type of shape, values of another type.
WRONG = {
    "structure": ["text", [1], 5],
    "list": ["text", {"a": 1}, True],
    "map": ["text", [1], 5],
    "string": [5, ["text"], {"a": 1}, True],
    "character": [5, ["text"]],
    "integer": ["text", 1.5, ["1"], {"a": 1}],
    "long": ["text", 1.5, ["1"]],
    "float": ["text", [1.5], {"a": 1}],
    "double": ["text", [1.5], {"a": 1}],
    "boolean": ["yes", 1, [True]],
    "timestamp": ["some day", ["2020-01-01"], {"a": 1}],
    "blob": [5, ["text"], True],
}


def nodes(shape, value, path=()):
    """Every value with its shape and the way to it; of lists and maps the first few elements."""
    yield shape, value, path
    if getattr(shape, "is_document_type", False) or is_json_value_header(shape):
        return
    if shape.type_name == "structure":
        for name, member in value.items():
            yield from nodes(shape.members[name], member, (*path, name))
    elif shape.type_name == "list":
        for position, element in enumerate(value[:3]):
            yield from nodes(shape.member, element, (*path, position))
    elif shape.type_name == "map":
        for key in list(value)[:3]:
            yield from nodes(shape.value, value[key], (*path, key))


def changes(shape, value, path, choose):
    """Changes that make a value of `shape` invalid: kind, path, and the new value, or none if there is to be none."""
    if getattr(shape, "is_document_type", False) or is_json_value_header(shape):
        return
    if path:
        yield "type", path, choose(WRONG[shape.type_name])
    if shape.type_name == "structure":
        yield "unknown", (*path, UNKNOWN), "text"
        for name in shape.required_members:
            if name in value:
                yield "missing", (*path, name), None
        if shape.is_tagged_union:
            yield "union_empty", path, {}
            others = [name for name in shape.members if name not in value]
            if others:
                yield "union_two", (*path, choose(others)), "text"
    least = shape.metadata.get("min", 0)
    if shape.type_name in ("integer", "long", "float", "double") and "min" in shape.metadata:
        yield "range", path, least - 1
    if shape.type_name == "string" and least > 0:
        yield "length", path, "x" * (least - 1)
    if shape.type_name == "list" and least > 0:
        yield "length", path, value[: least - 1]
    if shape.type_name == "map" and least > 0:
        yield "length", path, dict(list(value.items())[: least - 1])


def changed(value, path, new):
    """A copy of `value` with `new`, or nothing, at `path`; what is not on the way is shared."""
    if not path:
        return new
    copy = list(value) if isinstance(value, list) else dict(value)
    step, *rest = path
    if not rest and new is None:
        del copy[step]
    else:
        copy[step] = changed(copy[step] if rest else None, rest, new)
    return copy


def variants(shape, parameters, wanted, chance):
    """Changes of different kinds, in the order in which they are tried."""
    by_kind = {}
    for inner, value, path in nodes(shape, parameters):
        for kind, where, new in changes(inner, value, path, chance.choice):
            by_kind.setdefault(kind, []).append((where, new))
    kinds = sorted(by_kind)
    chance.shuffle(kinds)
    for kind in (kinds * wanted)[: 3 * wanted]:
        where, new = chance.choice(by_kind[kind])
        yield kind, where, new


def form(shape, path, new):
    """A new value in aws-call's form, which for lists and maps of good elements is not botocore's."""
    for step in path:
        if shape.type_name == "structure":
            shape = shape.members.get(step)
            if shape is None:
                return new
        else:
            shape = shape.member if shape.type_name == "list" else shape.value
    fits = {"list": list, "map": dict}.get(shape.type_name)
    return as_json(shape, new) if fits and isinstance(new, fits) and contains_objects(new) else new


def contains_objects(value):
    if isinstance(value, dict):
        return any(contains_objects(entry) for entry in value.values())
    if isinstance(value, list):
        return any(contains_objects(element) for element in value)
    return isinstance(value, (bytes, datetime.datetime)) or (isinstance(value, (int, float)) and not isinstance(value, bool))


def judged(service, operation, wanted):
    shape = operation.input_shape
    validator = ParamValidator()
    valid = []
    for kind in ("minimal", "random", "maximal"):
        parameters = Filling(service, operation, kind, 0, "eu-west-1").parameters()
        parameters = {member: value for member, value in parameters.items() if (service, member) not in NOT_SENT}
        report = validator.validate(parameters, shape)
        if report.has_errors():
            raise ValueError(f"{service} {operation.name}: a filling is not valid: {report.generate_report()}")
        valid.append(as_json(shape, parameters))
    chance = random.Random(f"{service}/{operation.name}/invalid")
    invalid, accepted, seen = [], 0, set()
    for kind, path, new in variants(shape, parameters, wanted, chance):
        if len(invalid) == wanted:
            break
        if (kind, path) in seen or (kind == "missing" and (service, path[0]) in ADDED):
            continue
        seen.add((kind, path))
        report = validator.validate(changed(parameters, path, new), shape)
        if not report.has_errors():
            accepted += 1
            continue
        change = {"kind": kind, "path": path, "report": report.generate_report()[:300]}
        change.update({"remove": True} if new is None else {"value": form(shape, path, new)})
        invalid.append(change)
    return {"valid": valid, "invalid": invalid, "accepted": accepted}


def main():
    wanted = int(sys.argv[1])
    session = botocore.session.get_session()
    for service in session.get_available_services():
        model = session.get_service_model(service)
        for name in model.operation_names:
            operation = model.operation_model(name)
            if operation.input_shape is None:
                continue
            line = {"service": service, "operation": name, **judged(service, operation, wanted)}
            print(json.dumps(line))


main()
