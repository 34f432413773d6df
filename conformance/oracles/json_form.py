"""Values of botocore in aws-call's form: timestamps as RFC 3339 text in UTC, bytes as base64 text, integers beyond 2^53 and
floats that JSON does not have as text."""

import base64
import datetime
import math

from botocore.utils import parse_timestamp

EXACT = 1 << 53


def timestamp(value):
    if not isinstance(value, datetime.datetime):
        value = parse_timestamp(value)
    value = value.astimezone(datetime.timezone.utc)
    text = value.strftime("%Y-%m-%dT%H:%M:%S")
    # strftime does not pad the years before 1000.
    text = text.rjust(len("2000-01-01T00:00:00"), "0")
    if value.microsecond:
        text += f".{value.microsecond:06}".rstrip("0")
    return text + "Z"


def blob(value):
    if hasattr(value, "read"):
        value = value.read()
    if isinstance(value, str):
        value = value.encode()
    return base64.b64encode(value).decode()


def number(value):
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def converted(shape, value):
    """`value` of `shape`; members without a value are left out."""
    if value is None or getattr(shape, "is_document_type", False):
        return value
    kind = shape.type_name
    if kind == "structure":
        return {
            name: converted(shape.members[name], member)
            for name, member in value.items()
            if name in shape.members and member is not None
        }
    if kind == "list":
        return [converted(shape.member, element) for element in value]
    if kind == "map":
        return {key: converted(shape.value, element) for key, element in value.items()}
    if kind == "timestamp":
        return timestamp(value)
    if kind == "blob":
        return blob(value)
    if kind in ("float", "double"):
        return number(float(value))
    if kind in ("integer", "long") and abs(value) > EXACT:
        return str(value)
    return value


def with_decoded_text(shape, value):
    """Marks what botocore decoded although the model says that it is text."""
    if shape.serialization.get("jsonvalue"):
        return value
    if shape.type_name == "string" and isinstance(value, (dict, list)):
        return {"$json": value}
    if shape.type_name == "structure" and isinstance(value, dict):
        return {
            name: with_decoded_text(shape.members[name], member) if name in shape.members else member
            for name, member in value.items()
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [with_decoded_text(shape.member, element) for element in value]
    return value
