"""What botocore takes to build and sign the requests of operations.json, up to before it would send. One JSON object."""

import base64
import json
import pathlib
import platform
import statistics
import time

import botocore
import botocore.session

WARM_UP = 20
SAMPLES = 200


class Signed(BaseException):
    """Ends a call where its request would be sent."""


def stop(**_):
    raise Signed


def measure(client, call):
    method = client.meta.method_to_api_mapping
    name = next(python for python, operation in method.items() if operation == call["operation"])
    function = getattr(client, name)
    samples = []
    for count in range(WARM_UP + SAMPLES):
        start = time.perf_counter_ns()
        try:
            function(**call["parameters"])
        except Signed:
            pass
        if count >= WARM_UP:
            samples.append(time.perf_counter_ns() - start)
    return statistics.median(samples)


def main():
    session = botocore.session.Session()
    session.set_credentials("AKIAIOSFODNN7EXAMPLE", "example")
    clients = {}
    figures = []
    for call in json.loads(pathlib.Path(__file__).with_name("operations.json").read_text()):
        service = call["service"]
        if service not in clients:
            clients[service] = session.create_client(service, region_name="eu-west-1")
            clients[service].meta.events.register("before-send", stop)
        for member in BYTES.get(call["operation"], ()):
            call["parameters"][member] = base64.b64decode(call["parameters"][member])
        figures.append({"service": service, "operation": call["operation"], "nanoseconds": measure(clients[service], call)})
    print(json.dumps({"botocore": botocore.__version__, "python": platform.python_version(), "calls": figures}))


# Members that botocore wants as bytes, where JSON has base64 text.
BYTES = {"Encrypt": ["Plaintext"], "Invoke": ["Payload"]}

main()
