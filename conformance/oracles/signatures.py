"""Signatures that botocore makes.

    signatures.py COUNT

Prints COUNT JSON objects, one a line, spread evenly over the protocols: a request with its parts (method, url, headers, body),
the scope, the time in seconds since 1970 and the session token if there is one, and the headers that botocore's `SigV4Auth`
(`S3SigV4Auth` for S3) adds to it. The requests are botocore's own, for operations drawn by a fixed seed. Bodies are always part
of the signature, as in aws-call; for S3 botocore has to be told so.
"""

import base64
import datetime
import json
import random
import sys
import warnings

import requests

from botocore import UNSIGNED, auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import EndpointResolutionError, NoCredentialsError
from botocore.handlers import S3_SIGNING_NAMES

from filling import Filling

TOKEN = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGd"
BODY_SIGNED = Config(s3={"payload_signing_enabled": True})


def by_protocol(session):
    """Names of services, a list for each protocol that botocore prefers with some of them; S3 apart, as it signs differently."""
    services = {}
    loader = session.get_component("data_loader")
    for service in loader.list_available_services("service-2"):
        protocol = session.get_service_model(service).resolved_protocol
        services.setdefault("s3" if service == "s3" else protocol, []).append(service)
    return [services[protocol] for protocol in sorted(services)]


def sign(request, name, region, moment, token):
    # botocore asks for the time in several places of this module, and nowhere else.
    auth.get_current_datetime = lambda remove_tzinfo=True: moment.replace(tzinfo=None) if remove_tzinfo else moment
    credentials = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token)
    signer = auth.S3SigV4Auth if name in S3_SIGNING_NAMES else auth.SigV4Auth
    signer(credentials, name, region).add_auth(request)


def run(count):
    session = requests.new_session()
    services = by_protocol(session)
    draw = random.Random("signatures")
    clients = {}
    number = 0
    while number < count:
        service = draw.choice(services[number % len(services)])
        region = draw.choice(requests.REGIONS)
        if (service, region) not in clients:
            clients[service, region] = requests.Clients(session, service, region).get(UNSIGNED)
        model = session.get_service_model(service)
        operation = model.operation_model(draw.choice(model.operation_names))
        filling = Filling(service, operation, "random", number, region)
        try:
            prepared = requests.captured(clients[service, region], operation.name, filling.parameters())
        except (EndpointResolutionError, NoCredentialsError):
            # The rules have no endpoint for this, or botocore has no such signature: the next draw takes its place.
            continue
        print(json.dumps(signed(draw, number, service, operation, region, prepared)))
        number += 1


def signed(draw, number, service, operation, region, prepared):
    described = requests.described(prepared, service)
    body = base64.b64decode(described["body_base64"])
    request = AWSRequest(method=described["method"], url=described["url"], headers=described["headers"], data=body)
    request.context["client_config"] = BODY_SIGNED
    moment = datetime.datetime(2015, 8, 30, tzinfo=datetime.timezone.utc)
    moment += datetime.timedelta(seconds=draw.randint(0, 1_000_000_000))
    token = TOKEN if draw.random() < 0.5 else None
    name = "s3" if service == "s3" else operation.service_model.signing_name
    sign(request, name, region, moment, token)
    added = {header.lower(): value for header, value in request.headers.items()}
    return {
        "name": f"{service}/{operation.name}/{number}",
        "request": {key: described[key] for key in ("method", "url", "headers", "body_base64")},
        "signing_name": name,
        "signing_region": region,
        "seconds": int(moment.timestamp()),
        "token": token,
        "signed": {header: value for header, value in added.items() if header not in described["headers"]},
    }


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    run(int(sys.argv[1]))
