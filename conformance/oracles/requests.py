"""The requests that botocore makes, for parameters that are made here.

    requests.py SHARE SHARES RANDOM

Takes every SHARES-th service from SHARE on, and prints one JSON object a line: service, operation, kind, region, parameters
in aws-call's form, and the request as it stands before it would be sent, after botocore's own handlers, endpoint rules,
checksums, compression and signature: method, url, headers, body (base64) and the signature's scope, `REGION/NAME`. The
operations of the most used services are filled at random RANDOM more times.

Headers are left out that say something of the client, the moment or the transport instead of the call: see `NOT_COMPARED`.
Where botocore would send the checksum behind the body (aws-chunked), it is moved into the header, and the body is given
without chunks: aws-call knows the whole body beforehand and sends the checksum in front.
"""

import base64
import json
import os
import sys
import warnings

# The installed models are the models under test. If they came from another folder, botocore would not trust its own
# endpoint rules with them.
os.environ.pop("AWS_DATA_PATH", None)
# As the newer SDKs do without being asked: S3's first region is called at its own host, not at the global one.
os.environ["AWS_S3_US_EAST_1_REGIONAL_ENDPOINT"] = "regional"

import botocore.session  # noqa: E402
from botocore import UNSIGNED, handlers  # noqa: E402
from botocore.config import Config  # noqa: E402
from botocore.discovery import block_endpoint_discovery_required_operations  # noqa: E402

from filling import Filling, as_json  # noqa: E402

# The services that accounts use most, by what public templates and tutorials name: their operations are filled at random.
MOST_USED = """
    acm apigateway apigatewayv2 application-autoscaling appsync athena autoscaling backup batch budgets ce
    cloudformation cloudfront cloudtrail cloudwatch codebuild codedeploy codepipeline cognito-idp config dms docdb dynamodb
    ec2 ecr ecs efs eks elasticache elasticbeanstalk elb elbv2 emr es events firehose glacier glue guardduty iam
    kinesis kms lambda logs opensearch organizations rds redshift route53 s3 s3control secretsmanager securityhub
    servicediscovery sns sqs ssm stepfunctions sts wafv2
""".split()

REGIONS = ["eu-west-1", "us-east-1", "us-west-2", "ap-southeast-2", "eu-central-1", "us-gov-west-1", "cn-north-1"]

NOT_COMPARED = {
    "user-agent": "names the client",
    "x-amz-user-agent": "names the client",
    "amz-sdk-invocation-id": "names the attempt",
    "amz-sdk-request": "names the attempt",
    "authorization": "compared by the suite `signatures`; its scope is given here",
    "x-amz-date": "the moment of signing",
    "date": "the moment of signing",
    "x-amz-security-token": "of the credentials",
    "x-amz-content-sha256": "added by signing",
    "content-length": "of the transport",
    "transfer-encoding": "of the transport",
    "expect": "of the transport: botocore waits before it sends a stream",
    "host": "given with the url",
    "x-amz-region-set": "of SigV4A",
}
# A value that Glacier wants whatever the signature: there it is no matter of signing.
SIGNED_BODY = {"x-amz-content-sha256"}


class Captured(BaseException):
    """The request is ready. No `Exception`, so that botocore does not take it for a failed send."""

    def __init__(self, request):
        super().__init__()
        self.request = request


def capture(request, **_):
    raise Captured(request)


class Clients:
    """A service's client that signs, and one that does not for what botocore cannot sign here."""

    def __init__(self, session, service, region):
        self.session, self.service, self.region = session, service, region
        self.made = {}

    def get(self, signature_version):
        if signature_version not in self.made:
            self.made[signature_version] = self.make(signature_version)
        return self.made[signature_version]

    def make(self, signature_version):
        client = self.session.create_client(
            self.service,
            region_name=self.region,
            aws_access_key_id="AKIDEXAMPLE",
            aws_secret_access_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            config=Config(
                signature_version=signature_version,
                # Operations that need discovery are compared at the endpoint of the rules.
                endpoint_discovery_enabled=False,
                retries={"total_max_attempts": 1},
            ),
        )
        events = client.meta.events
        events.unregister("before-parameter-build", block_endpoint_discovery_required_operations)
        events.register_first("before-send", capture)
        return client

    def request(self, operation, parameters):
        try:
            request = captured(self.get(None), operation, parameters)
            # That signature is part of the parameters.
            if b"SignatureVersion=2" not in as_bytes(request.body):
                return request
        except Exception as error:
            if type(error).__name__ not in CANNOT_SIGN:
                raise
        return captured(self.get(UNSIGNED), operation, parameters)


CANNOT_SIGN = {"MissingDependencyException", "UnknownSignatureVersionError", "NoAuthTokenError", "TokenRetrievalError"}


def captured(client, operation, parameters):
    try:
        client._make_api_call(operation, parameters)
    except Captured as sent:
        return sent.request
    raise RuntimeError("no request was sent")


def unchunked(body, headers):
    """Body and trailing checksum of an aws-chunked body."""
    plain, rest = b"", body
    while True:
        length, rest = rest.split(b"\r\n", 1)
        length = int(length, 16)
        if length == 0:
            break
        plain, rest = plain + rest[:length], rest[length + 2 :]
    name, value = rest.decode().strip().split(":", 1)
    assert headers.pop("x-amz-trailer") == name
    headers.pop("x-amz-decoded-content-length", None)
    encodings = [encoding for encoding in headers.pop("content-encoding").split(",") if encoding != "aws-chunked"]
    if encodings:
        headers["content-encoding"] = ",".join(encodings)
    headers[name] = value
    return plain


def as_bytes(body):
    if hasattr(body, "read"):
        body, stream = body.read(), body
        stream.seek(0)
    return body.encode() if isinstance(body, str) else bytes(body or b"")


def text(value):
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def list_headers(operation):
    members = operation.input_shape.members.values() if operation.input_shape else ()
    return [
        member.serialization["name"].lower()
        for member in members
        if member.serialization.get("location") == "header" and member.type_name == "list"
    ]


def described(request, service):
    headers = {name.lower(): text(value) for name, value in request.headers.items()}
    body = as_bytes(request.body)
    scope = None
    if headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 Credential="):
        credential = headers["authorization"].split("Credential=")[1].split(",")[0]
        scope = "/".join(credential.split("/")[2:4])
    if "aws-chunked" in headers.get("content-encoding", ""):
        body = unchunked(body, headers)
    left_out = set(NOT_COMPARED) - (SIGNED_BODY if service == "glacier" else set())
    return {
        "method": request.method,
        "url": request.url,
        "headers": {name: value for name, value in headers.items() if name not in left_out},
        "body_base64": base64.b64encode(body).decode(),
        "scope": scope,
    }


def cases(model, times):
    yield from (("minimal", 0), ("maximal", 0))
    # None of the most used services speaks CBOR with botocore yet, so those that do are taken as well.
    at_random = model.service_name in MOST_USED or model.resolved_protocol == "smithy-rpc-v2-cbor"
    yield from (("random", number) for number in range(times if at_random else 0))


def new_session():
    session = botocore.session.Session()
    # Dropped by newer versions: they send every service all the digits of a time.
    rounding = getattr(handlers, "enable_millisecond_timestamp_precision", None)
    if rounding:
        session.unregister("creating-serializer.bedrock-agentcore", rounding)
    return session


def run(share, shares, times):
    session = new_session()
    loader = session.get_component("data_loader")
    services = loader.list_available_services("service-2")
    missing = [service for service in MOST_USED if service not in services]
    assert len(set(MOST_USED)) == 60 and not missing, (len(set(MOST_USED)), missing)
    # The largest services first and each to the next share, so that all end at about the same time.
    rest = [service for service in services if service not in MOST_USED]
    for position, service in enumerate(["ec2", *[name for name in MOST_USED if name != "ec2"], *rest]):
        if position % shares != share:
            continue
        clients = [Clients(session, service, region) for region in regions(service)]
        model = session.get_service_model(service)
        for name in model.operation_names:
            operation = model.operation_model(name)
            for turn, (kind, number) in enumerate(cases(model, times)):
                there = clients[turn % len(clients)]
                filling = Filling(service, operation, kind, number, there.region)
                answer(there, operation, filling, f"{kind}-{number}" if kind == "random" else kind)


def regions(service):
    if service == "cloudfront-keyvaluestore":
        return ["us-east-1"]
    # S3 is another thing in its first region.
    if service in ("s3", "s3control"):
        return ["us-east-1", "eu-west-1"]
    return [REGIONS[sum(service.encode()) % len(REGIONS)]]


def answer(clients, operation, filling, kind):
    parameters = filling.parameters()
    line = {
        "service": clients.service,
        "operation": operation.name,
        "kind": kind,
        "region": clients.region,
        "protocol": operation.service_model.resolved_protocol,
        "parameters": as_json(operation.input_shape, parameters) if operation.input_shape else {},
    }
    try:
        line["request"] = described(clients.request(operation.name, parameters), clients.service)
        line["request"]["list_headers"] = list_headers(operation)
    except Exception as error:
        line["error"] = f"{type(error).__name__}: {error}"
    print(json.dumps(line))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    run(*map(int, sys.argv[1:4]))
