"""Parameters for operations, made from botocore's shapes.

They are valid for botocore's own validation: required members are there, unions have one member, enum values come from the
model, lengths and ranges are kept. Patterns are not kept, since nothing on the way to a request looks at them, but for what
endpoint rules look at: buckets, account ids, names that become part of a host. Equal seeds give equal parameters.
"""

import base64
import datetime
import random

from botocore import serialize

# Beyond this many values only required members are filled, so that no request is larger than a few hundred kilobytes.
LARGEST = 6_000
# Every integer up to here is exact in JSON; aws-call takes the others as text.
EXACT = 1 << 53
TOKEN = "00000000-0000-4000-8000-000000000000"

PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
PRINTABLE = PLAIN + " /+%&=?#<>\"'\\{}[]()|^`:;,@!$*~"
ANY = PRINTABLE * 2 + "\n\t" + "éß漢字😀\u00a0\u2028"


class Filling:
    """Fills the input shape of one operation.

    `kind` is `minimal` (what is required), `maximal` (every member; lists of one or two) or `random`.
    """

    def __init__(self, service, operation, kind, number, region):
        self.service = service
        self.operation = operation
        self.kind = kind
        self.region = region
        self.random = random.Random(f"{service}/{operation.name}/{kind}/{number}")
        self.left = LARGEST
        self.context = {parameter.member_name: parameter.name for parameter in operation.context_parameters}

    def parameters(self):
        shape = self.operation.input_shape
        if shape is None:
            return {}
        given = {}
        required = set(shape.required_members)
        for name, member in shape.members.items():
            location = member.serialization.get("location")
            must = (
                name in required
                or location == "uri"
                or "hostLabel" in member.serialization
                or name in self.operation.idempotent_members
            )
            if must or self.wanted(0):
                given[name] = self.member(name, member, location or "body", shape)
        return self.settled(given)

    def settled(self, given):
        """Takes back what contradicts itself in the rules of single services."""
        for name in ("PresignedUrl", "PreSignedUrl"):
            # botocore would sign such a URL at this moment; aws-call takes it as a parameter.
            if name in self.operation.input_shape.members:
                given.setdefault(name, "https://example.com/?a=b&c=d")
        if self.service == "s3control" and "AccountId" in given:
            given["AccountId"] = "123456789012"
        if self.service == "s3":
            # A replaced checksum of one's own is compared by its header; several at once are no valid request.
            for prefix in ("SSECustomer", "CopySourceSSECustomer"):
                if self.random.random() < 0.5:
                    given.pop(f"{prefix}KeyMD5", None)
            if self.kind == "random" and self.random.random() < 0.7:
                for name in [name for name in given if name.startswith("Checksum") and name[8:] in OWN_CHECKSUMS]:
                    del given[name]
        return given

    def member(self, name, member, location, owner):
        serialization = member.serialization
        if name in self.operation.idempotent_members and owner is self.operation.input_shape:
            return TOKEN
        if owner is self.operation.input_shape and (
            name in self.context or serialization.get("hostLabel") or (self.service, name) in FOR_HOSTS
        ):
            return self.for_endpoint(self.context.get(name), name, member)
        if serialization.get("jsonvalue") and location == "header":
            return {"a": [1, "two", None], "b": {"c": True}}
        if member.type_name == "blob" and owner.serialization.get("payload") == name:
            return self.random.randbytes(self.random.randint(0, 60))
        return self.value(member, location, [owner.name])

    def for_endpoint(self, parameter, name, member):
        """A value that endpoint rules accept: they refuse hosts that cannot be."""
        choose = self.random.choice
        arn = f"arn:{self.partition()}:%s:{self.region}:123456789012:%s"
        if member.enum:
            return choose(member.enum)
        if self.service == "machinelearning":
            return f"https://realtime.machinelearning.{self.region}.amazonaws.com/some/path"
        if (self.service, parameter) == ("s3", "Bucket"):
            if self.kind != "random" or self.operation.name in ("CreateBucket", "GetBucketLocation"):
                return "a-bucket"
            access_point = arn % ("s3", "accesspoint/point")
            return choose(["bucket-1", "with.dots", "Upper_Case", "bucket-2", access_point])
        if (self.service, parameter) == ("s3control", "Bucket"):
            outpost = arn % ("s3-outposts", "outpost/op-01234567890123456/bucket/b")
            return choose(["a-bucket", outpost]) if self.kind == "random" else "a-bucket"
        if (self.service, parameter) == ("s3control", "AccessPointName"):
            outpost = arn % ("s3-outposts", "outpost/op-01234567890123456/accesspoint/p")
            return choose(["point", outpost]) if self.kind == "random" else "point"
        if (self.service, parameter) == ("s3control", "ResourceArn"):
            return arn % ("s3", "storage-lens/x")
        if (self.service, parameter) == ("s3control", "OutpostId"):
            return "op-01234567890123456"
        if self.service == "kinesis" and parameter.endswith("ARN"):
            resources = {"ConsumerARN": "stream/s/consumer/c:1", "ChannelARN": "channel/c", "QueueARN": "queue/q"}
            return arn % ("kinesis", resources.get(parameter, "stream/s"))
        if (self.service, parameter) == ("cloudfront-keyvaluestore", "KvsARN"):
            return "arn:aws:cloudfront::123456789012:key-value-store/a"
        if self.service in ("dynamodb", "dynamodbstreams"):
            table = arn % ("dynamodb", "table/t")
            short = member.metadata.get("min", 0) <= len("a-table")
            return "a-table" if short and (self.kind != "random" or choose([True, False])) else table
        if name == "AccountId":
            return "123456789012"
        if self.service == "s3" and parameter:
            return self.value(member, member.serialization.get("location") or "body", [])
        return "label-" + "".join(choose("abcdefghijklmnop0123456789") for _ in range(6))

    def partition(self):
        if self.region.startswith("cn-"):
            return "aws-cn"
        return "aws-us-gov" if self.region.startswith("us-gov-") else "aws"

    def wanted(self, depth):
        """Whether a member that is not required is filled."""
        if self.kind == "minimal" or self.left <= 0:
            return False
        return self.kind == "maximal" or self.random.random() < 0.6 / (1 + depth * 0.6)

    def value(self, shape, location, within):
        self.left -= 1
        fill = getattr(self, f"fill_{shape.type_name}")
        return fill(shape, location, within)

    def fill_structure(self, shape, location, within):
        if shape.is_document_type:
            return self.document()
        within = within + [shape.name]
        if shape.is_tagged_union:
            return self.union(shape, location, within)
        given = {}
        required = set(shape.required_members)
        for name, member in shape.members.items():
            if name in required or (self.wanted(len(within)) and not self.recurs(member, within)):
                given[name] = self.value(member, location, within)
        return given

    def union(self, shape, location, within):
        members = [(name, member) for name, member in shape.members.items() if not self.recurs(member, within)]
        members = members or [(name, member) for name, member in shape.members.items() if not leads(member, within)]
        name, member = self.random.choice(members or list(shape.members.items()))
        return {name: self.value(member, location, within)}

    def recurs(self, shape, within):
        while shape.type_name in ("list", "map"):
            if shape.name in within:
                return True
            shape = shape.member if shape.type_name == "list" else shape.value
        return shape.name in within

    def count(self, shape, cut):
        least = shape.metadata.get("min", 0)
        most = shape.metadata.get("max", least + 3)
        if self.kind == "random":
            return max(least, min(most, self.random.choice([0, 1, 1, 2, 3]) if self.left > 0 and not cut else 0))
        if self.kind == "minimal" or self.left <= 0 or cut:
            return max(least, 0 if cut else 1)
        return max(least, min(most, self.random.choice([1, 2])))

    def fill_list(self, shape, location, within):
        count = self.count(shape, self.recurs(shape.member, within))
        return [self.value(shape.member, location, within + [shape.name]) for _ in range(count)]

    def fill_map(self, shape, location, within):
        count = self.count(shape, self.recurs(shape.value, within))
        keys = {self.key(shape.key, location, number): None for number in range(count)}
        # In this order aws-call writes them, and order counts where entries are numbered.
        return {key: self.value(shape.value, location, within + [shape.name]) for key in sorted(keys)}

    def key(self, shape, location, number):
        if shape.enum:
            return self.random.choice(shape.enum)
        if location == "headers":
            return f"name-{number}"
        return f"{number}{self.text(shape, location)}"

    def fill_string(self, shape, location, within):
        if shape.enum:
            return self.random.choice([value for value in shape.enum if value not in UNSUPPORTED] or shape.enum)
        return self.text(shape, location)

    fill_character = fill_string

    def text(self, shape, location):
        least = shape.metadata.get("min", 0)
        if self.kind == "maximal" and self.operation.request_compression and "max" not in shape.metadata:
            least = 600
        most = min(shape.metadata.get("max", least + 12), least + 12)
        if location in ("uri", "header", "headers") or self.kind != "random":
            least = max(least, 1)
        if location == "uri":
            alphabet = PLAIN if self.kind == "minimal" else ANY.replace("\n", "")
        elif location in ("header", "headers"):
            alphabet = PLAIN if self.kind == "minimal" else PRINTABLE
        else:
            alphabet = PLAIN if self.kind == "minimal" else ANY
        length = self.random.randint(least, max(least, most))
        text = "".join(self.random.choices(alphabet, k=length))
        # Whitespace at the ends of a header is no part of it, and a dot segment no part of a path.
        if location in ("header", "headers", "uri") and (text != text.strip() or text.strip("./") == ""):
            text = "x" * length
        # Of an id of Route 53 only what stands behind its last slash is sent, which must not be nothing.
        if self.service == "route53" and text.endswith("/"):
            text = text[:-1] + "x"
        return text

    def fill_boolean(self, shape, location, within):
        return self.random.random() < 0.5

    def fill_integer(self, shape, location, within, largest=(1 << 31) - 1):
        least = shape.metadata.get("min", -largest - 1 if self.kind == "random" else 0)
        most = shape.metadata.get("max", largest)
        near = self.random.randint(least, max(least, min(most, least + 1000)))
        far = self.random.randint(least, max(least, most))
        return far if self.kind == "random" and self.random.random() < 0.4 else int(near)

    def fill_long(self, shape, location, within):
        return self.fill_integer(shape, location, within, (1 << 63) - 1)

    def fill_float(self, shape, location, within):
        limits = shape.metadata
        if self.kind == "random" and not {"min", "max"} & set(limits) and self.random.random() < 0.1:
            return self.random.choice([float("inf"), float("-inf"), float("nan")])
        least, most = limits.get("min", 0), limits.get("max", 4096)
        # Eighths are exact in 32 bits, and neither side writes them with an exponent.
        number = least + self.random.randint(0, int(max(0, most - least) * 8)) / 8
        return float(-number if "min" not in limits and self.random.random() < 0.2 else number)

    fill_double = fill_float

    def fill_timestamp(self, shape, location, within):
        moment = datetime.datetime(1971, 1, 1, tzinfo=datetime.timezone.utc)
        moment += datetime.timedelta(seconds=self.random.randint(0, 2_800_000_000))
        if self.kind == "random" and self.random.random() < 0.5 and self.keeps_fractions(shape, location):
            # Fractions that end in no zero, since texts with and without it are the same time.
            moment += datetime.timedelta(microseconds=self.random.randint(0, 99_998) * 10 + 1)
        return moment

    def keeps_fractions(self, shape, location):
        """Whether this botocore sends fractions of a second here; before 1.44 it left them out of numbers."""
        protocol = self.operation.service_model.resolved_protocol
        numbers = location == "body" and protocol in ("json", "rest-json", "smithy-rpc-v2-cbor")
        kind = shape.serialization.get("timestampFormat") or ("unixTimestamp" if numbers else None)
        return kind is None or kind.lower() != "unixtimestamp" or hasattr(serialize, "TIMESTAMP_PRECISION_LEGACY")

    def fill_blob(self, shape, location, within):
        least = shape.metadata.get("min", 0)
        most = min(shape.metadata.get("max", least + 40), least + 40)
        return self.random.randbytes(self.random.randint(least, max(least, most)))

    def document(self):
        return {
            "text": self.text_of(6),
            "list": [1, -2, 0.5, True, None, self.text_of(3)],
            "nested": {"empty": {}, "none": [], "large": 1 << 40},
        }

    def text_of(self, length):
        return "".join(self.random.choices(ANY, k=length))


# Members that become hosts without being marked.
FOR_HOSTS = {("machinelearning", "PredictEndpoint")}
# Checksum algorithms that S3 lists, but botocore (MD5) or aws-call (XXHASH, for want of a library) does not compute.
UNSUPPORTED = {"MD5", "XXHASH64", "XXHASH3", "XXHASH128"}
OWN_CHECKSUMS = ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "SHA512", "MD5", "XXHASH64", "XXHASH3", "XXHASH128")


def leads(shape, within, seen=()):
    """Whether every way down from `shape` through required members comes back to what is being filled."""
    if shape.name in within or shape.name in seen:
        return True
    if shape.type_name != "structure":
        return False
    return any(leads(shape.members[name], within, (*seen, shape.name)) for name in shape.required_members)


def as_json(shape, value):
    """Parameters in aws-call's form: bytes as base64, times as RFC 3339, what JSON has no number for as text."""
    if value is None:
        return None
    kind = shape.type_name
    if kind == "structure":
        if shape.is_document_type:
            return value
        return {name: as_json(shape.members[name], member) for name, member in value.items()}
    if kind == "list":
        return [as_json(shape.member, element) for element in value]
    if kind == "map":
        return {key: as_json(shape.value, entry) for key, entry in value.items()}
    if kind == "blob":
        return base64.b64encode(value).decode()
    if kind == "timestamp":
        return value.isoformat().replace("+00:00", "Z")
    if kind in ("integer", "long") and abs(value) > EXACT:
        return str(value)
    if kind in ("float", "double") and (value != value or value in (float("inf"), float("-inf"))):
        return {"inf": "Infinity", "-inf": "-Infinity"}.get(str(value), "NaN")
    return value
