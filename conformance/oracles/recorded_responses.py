"""botocore's recorded responses, one JSON object a line:
{"case", "service", "operation", "status", "headers", "body_base64", "request_id", and one of
"output", "error" and, if a client of botocore fails to read it, "unreadable"}.

Text that botocore gives decoded, such as the policies of IAM, stands as {"$json": value}.

Usage: recorded_responses.py FOLDER, where FOLDER is botocore's tests/unit/response_parsing."""

import base64
import json
import pathlib
import sys

import botocore.session
from json_form import converted, with_decoded_text
from botocore import xform_name


def cases(folder):
    """Recorded body, and the file of what botocore makes of it."""
    for kind in ("responses", "errors"):
        for body in sorted((folder / "xml" / kind).glob("*.xml")):
            yield body, body.with_suffix(".json")
    for body in sorted((folder / "json" / "errors").iterdir()):
        yield body, folder / "json" / "expected" / body.name


def operation_of(session, models, name):
    # A service may have several recordings of one operation, `describe-instances#2`.
    service, operation = name.split("-", 1)
    operation = operation.split("#")[0].replace("-", "_")
    if service not in models:
        models[service] = session.get_service_model(service)
    model = models[service]
    names = [found for found in model.operation_names if xform_name(found) == operation]
    return model.operation_model(names[0]) if names else None


def main():
    folder = pathlib.Path(sys.argv[1])
    session = botocore.session.get_session()
    models = {}
    for path, expected_path in cases(folder):
        case = str(path.relative_to(folder))
        operation = operation_of(session, models, path.stem)
        if operation is None:
            print(json.dumps({"case": case, "skipped": "botocore has no such operation"}))
            continue
        body, headers = path.read_bytes(), {}
        if b"__headers__" in body:
            recorded = json.loads(body)
            headers = recorded.pop("__headers__")
            body = json.dumps(recorded).encode()
        expected = json.loads(expected_path.read_bytes())
        metadata = expected.pop("ResponseMetadata")
        line = {
            "case": case,
            "service": operation.service_model.service_name,
            "operation": operation.name,
            "status": 400 if "errors" in path.parts else 200,
            "headers": headers,
            "body_base64": base64.b64encode(body).decode(),
            "request_id": metadata.get("RequestId"),
        }
        if "Error" in expected:
            line["error"] = {"code": expected["Error"]["Code"], "message": expected["Error"].get("Message", "")}
        elif operation.output_shape is None:
            line["output"] = {}
        else:
            shape = operation.output_shape
            try:
                line["output"] = converted(shape, with_decoded_text(shape, expected))
            except ValueError as error:
                # botocore's own test takes every text for a timestamp; its clients do not.
                line["unreadable"] = str(error)
        print(json.dumps(line))


if __name__ == "__main__":
    main()
