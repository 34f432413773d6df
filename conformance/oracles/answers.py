"""Answers of every operation, written by moto's serializers and read by botocore's parsers.

    answers.py RANDOM [SERVICE ...]

Prints one JSON object a line: {"case", "service", "operation", "status", "headers", "body_base64", "request_id", "output"}, where
output is in aws-call's form; if botocore cannot read what moto wrote, "unreadable" says why instead.
What moto cannot write is {"case", "unwritten"}. Every member of the output is filled once, and RANDOM more times some of them. CBOR, which moto
does not write, is written by botocore's serializer of requests.
"""

import base64
import json
import os
import pathlib
import sys

# moto needs the library `requests`, not the oracle of this name, so this folder comes last.
sys.path.append(sys.path.pop(0))

import botocore.session  # noqa: E402
from botocore.awsrequest import AWSResponse, HeadersDict  # noqa: E402
from botocore.parsers import ResponseParserError, create_parser  # noqa: E402
from botocore.serialize import create_serializer  # noqa: E402
from moto.core.model import ServiceModel  # noqa: E402
from moto.core.serialize import SERIALIZERS, S3Serializer  # noqa: E402

from json_form import converted, with_decoded_text  # noqa: E402
from filling import PLAIN, Filling  # noqa: E402

LEFT_OUT = {
    # Two members with one name on the wire, of which botocore gives the elements themselves.
    ("s3", "GetBucketNotification"),
}


class Output(Filling):
    """Fills the output of one operation."""

    def output(self):
        shape = self.operation.output_shape
        given = {}
        for name, member in shape.members.items():
            location = member.serialization.get("location") or "body"
            if location == "statusCode":
                continue
            # A checksum that is made up is not that of the body, which both would refuse.
            if (self.service, self.operation.name) == ("s3", "GetObject") and name.startswith("Checksum"):
                continue
            if shape.serialization.get("payload") == name and member.type_name in ("blob", "string"):
                given[name] = self.raw(member)
            elif self.kind == "maximal" or self.random.random() < 0.7:
                given[name] = self.top_level(member, location, shape)
        return given

    def top_level(self, member, location, owner):
        if owner.name == "GetConsoleOutputResult" and member.name == "String":
            return base64.b64encode(b"a console\n").decode()
        if member.serialization.get("jsonvalue"):
            return {"a": [1, "two", None], "b": {"c": True}}
        return self.value(member, location, [owner.name])

    def raw(self, member):
        text = self.text(member, "body") or "x"
        return text.encode() if member.type_name == "blob" else text

    def fill_float(self, shape, location, within):
        # What JSON has no number for is written differently by every service.
        return self.random.randint(-4096, 4096) / 8

    fill_double = fill_float

    def fill_timestamp(self, shape, location, within):
        # moto writes milliseconds, and no service more than that into a number.
        moment = super().fill_timestamp(shape, location, within)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def fill_string(self, shape, location, within):
        text = super().fill_string(shape, location, within)
        if location in ("header", "headers") and not shape.enum:
            return "".join(character for character in text if character in PLAIN) or "x"
        return text


class Inverted:
    """An operation whose output is its input, for a serializer that writes requests."""

    def __init__(self, operation):
        self.operation = operation
        self.input_shape = operation.output_shape

    def __getattr__(self, name):
        return getattr(self.operation, name)


def written(service, operation, protocol, output):
    """Status, headers and body of an answer. `operation` is of moto's own kind, which its serializers want."""
    if protocol == "smithy-rpc-v2-cbor":
        request = create_serializer(protocol, False).serialize_to_request(output, Inverted(operation))
        return 200, {"smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor"}, request["body"]
    serializer = S3Serializer if service == "s3" else SERIALIZERS[protocol]
    answer = serializer(operation).serialize(output)
    body = answer["body"]
    # On its way a header may lose its case, as aws-call gives it.
    headers = {name.lower(): str(value) for name, value in answer["headers"].items()}
    return answer["status_code"], headers, body.encode() if isinstance(body, str) else body


def read(emitter, operation, status, headers, body):
    """What a client of botocore gives: its parser between its own handlers."""
    service_model = operation.service_model
    name = f"{service_model.service_id.hyphenize()}.{operation.name}"
    received = {"status_code": status, "headers": HeadersDict(headers), "body": body}
    customised = {}
    emitter.emit(
        f"before-parse.{name}",
        operation_model=operation,
        response_dict=received,
        customized_response_dict=customised,
    )
    parsed = create_parser(service_model.resolved_protocol).parse(received, operation.output_shape)
    parsed.update(customised)
    answer = AWSResponse("https://example.com", status, HeadersDict(headers), None)
    answer._content = body
    answer.raw = body
    # A client of botocore asks for encoded keys by itself.
    context = {"encoding_type_auto_set": True}
    emitter.emit(f"after-call.{name}", http_response=answer, parsed=parsed, model=operation, context=context)
    return parsed


def main():
    times = int(sys.argv[1])
    session = botocore.session.get_session()
    emitter = session.get_component("event_emitter")
    # Not those that only the installed botocore has.
    folder = pathlib.Path(os.environ["AWS_DATA_PATH"])
    available = [service for service in session.get_available_services() if (folder / service).is_dir()]
    for service in sys.argv[2:] or available:
        model = session.get_service_model(service)
        description = session.get_component("data_loader").load_service_model(service, "service-2")
        model_of_moto = ServiceModel(description, service)
        protocol = model.resolved_protocol
        for name in model.operation_names:
            operation = model.operation_model(name)
            shape = operation.output_shape
            if shape is None or operation.has_event_stream_output or (service, name) in LEFT_OUT:
                continue
            for number in range(times + 1):
                kind = "random" if number else "maximal"
                filled = Output(service, operation, kind, number, "us-east-1").output()
                case = f"{service}/{name}/{kind}" + (f"/{number}" if number else "")
                try:
                    status, headers, body = written(service, model_of_moto.operation_model(name), protocol, filled)
                except (TypeError, AttributeError, KeyError) as error:
                    # moto takes a member `body` or `headers` within a structure for its own.
                    print(json.dumps({"case": case, "unwritten": repr(error)}))
                    continue
                line = {
                    "case": case,
                    "service": service,
                    "operation": name,
                    "status": status,
                    "headers": headers,
                    "body_base64": base64.b64encode(body).decode(),
                }
                try:
                    parsed = read(emitter, operation, status, headers, body)
                    line["request_id"] = parsed.pop("ResponseMetadata").get("RequestId")
                    line["output"] = converted(shape, with_decoded_text(shape, parsed))
                    if "ExpiresString" in parsed:
                        line["output"]["ExpiresString"] = parsed["ExpiresString"]
                except ResponseParserError as error:
                    line["unreadable"] = str(error)
                print(json.dumps(line))


if __name__ == "__main__":
    main()
