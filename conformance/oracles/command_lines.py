"""What awscli makes of command lines: those in its own examples, or with `operations` as argument one made up for every
operation, with as many of its options as can be given together.

One JSON object a line: `file`, `number` (of the command in its file), `command` as it stands there, and one of
`call` (service, operation, region, parameters), `refused` (awscli's message) or `other` (why it is no case: the shell does
more than unquote, a file would be read, it is no call or several calls).

awscli runs as a whole; only the call itself is replaced by one that notes it and gives an empty answer. Parameters are noted
after awscli's own changes and before botocore's, and written in the JSON form of aws-call: bytes as base64, points in time as
RFC 3339 in UTC, integers beyond 2^53 as text.
"""

import base64
import copy
import datetime
import json
import os
import pathlib
import random
import re
import shlex
import sys
import tempfile
import time
import traceback
import uuid

# Settings of awscli: values that begin with http:// are values. Version 1 would fetch them, version 2 does not.
with tempfile.NamedTemporaryFile("w", suffix=".config", delete=False) as settings:
    settings.write("[default]\ncli_follow_urlparam = false\n")
os.environ.update(
    AWS_CONFIG_FILE=settings.name,
    AWS_ACCESS_KEY_ID="AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY="example",
    AWS_DEFAULT_REGION="us-east-1",
    TZ="UTC",
    HOME=tempfile.gettempdir(),
)
time.tzset()

import awscli  # noqa: E402
from awscli import argprocess, arguments, clidriver, paramfile  # noqa: E402
from awscli.customizations import paginate, toplevelbool  # noqa: E402
from awscli.customizations.ec2 import addcount, protocolarg, runinstances  # noqa: E402
import botocore.client  # noqa: E402
import botocore.exceptions  # noqa: E402
import botocore.session  # noqa: E402
from botocore.utils import ArgumentGenerator, is_json_value_header, parse_to_aware_datetime  # noqa: E402
from botocore.validate import ParamValidator  # noqa: E402

EXAMPLES = pathlib.Path(awscli.__file__).parent / "examples"
EXACT = 2**53


class FileWanted(Exception):
    """A value would be read from a file."""


class EnoughCalls(Exception):
    """There was a second call, or a pause before one."""


# Commands in the examples


def commands_of(text):
    """The commands in a file of examples, each with its continuation lines."""
    lines = text.split("\n")
    position = 0
    while position < len(lines):
        line = lines[position]
        position += 1
        match = re.match(r"[ \t]+(?:[$>#] +)?(aws[ \t].*)$", line.rstrip("\r"))
        if not match:
            continue
        indentation = len(line) - len(line.lstrip())
        command = [match.group(1)]
        while position < len(lines) and continues("\n".join(command)):
            following = lines[position].rstrip("\r")
            if following.strip() and len(following) - len(following.lstrip()) < min(indentation, 1):
                break
            if command[-1].endswith("\\") and not following.strip():
                break
            command.append(following)
            position += 1
        yield "\n".join(command)


def continues(command):
    """Whether the next line belongs to the command: the last one ends with a backslash, or a quote is open."""
    return scan(command)[0] in ("open", "backslash") or command.endswith("^")


def scan(command):
    """How the command ends, and what a shell would do beside unquoting, if it would."""
    quote, escaped, syntax, before = None, False, None, " "
    for position, character in enumerate(command):
        if escaped:
            escaped = False
        elif quote == "'":
            quote = None if character == "'" else quote
        elif character == "\\":
            escaped = True
        elif character == "`" or (
            character == "$"
            and re.match(r"[A-Za-z0-9_{(@*#?$!-]" if quote else r"[A-Za-z0-9_{(@*#?$!'\"-]", command[position + 1 : position + 2])
        ):
            syntax = syntax or character
        elif quote == '"':
            quote = None if character == '"' else quote
        elif character in "'\"":
            quote = character
        elif character in "|&;<>()*?\n" or (character in "~#" and before.isspace()):
            syntax = syntax or character
        before = character
    return ("open" if quote else "backslash" if escaped else "end"), syntax


def words_of(command):
    """The words of a command that needs nothing but unquoting."""
    joined, quote, position = [], None, 0
    while position < len(command):
        character = command[position]
        pair = command[position : position + 2]
        position += 1
        if quote != "'" and pair == "\\\n":
            position += 1
            continue
        if quote == '"' and pair in ("\\$", "\\`"):
            # shlex knows no escapes in double quotes but those of the quote and of the backslash.
            joined.append(pair[1])
            position += 1
            continue
        if quote != "'" and character == "\\":
            joined.append(pair)
            position += 1
            continue
        if quote is None and character in "'\"":
            quote = character
        elif character == quote:
            quote = None
        joined.append(character)
    return shlex.split("".join(joined), posix=True)


# Parameters in the form of aws-call


def in_json(shape, value):
    if value is None or shape is None:
        return value
    kind = shape.type_name
    if is_json_value_header(shape) or getattr(shape, "is_document_type", False):
        return value
    if kind == "structure" and isinstance(value, dict):
        return {name: in_json(shape.members.get(name), entry) for name, entry in value.items()}
    if kind == "map" and isinstance(value, dict):
        return {name: in_json(shape.value, entry) for name, entry in value.items()}
    if kind == "list" and isinstance(value, list):
        return [in_json(shape.member, entry) for entry in value]
    if kind == "blob":
        value = value.encode() if isinstance(value, str) else bytes(value)
        return base64.b64encode(value).decode()
    if kind == "timestamp":
        moment = parse_to_aware_datetime(value).astimezone(datetime.timezone.utc).replace(tzinfo=None)
        text = moment.isoformat()
        return (text.rstrip("0") if "." in text else text) + "Z"
    if kind in ("integer", "long", "byte", "short") and isinstance(value, int) and abs(value) > EXACT:
        return str(value)
    if kind in ("float", "double"):
        number = float(value)
        return number if number - number == 0 else repr(number).replace("inf", "Infinity").replace("nan", "NaN")
    return value


# Running awscli


class Notes:
    """What a command did."""

    calls = []
    region = None
    by_operation = False
    waited = False


def note_call(client, operation, parameters):
    if Notes.calls:
        Notes.calls.append(None)
        raise EnoughCalls
    model = client.meta.service_model.operation_model(operation)
    Notes.calls.append((model, copy.deepcopy(parameters)))
    if Notes.by_operation:
        return {}
    # A command of several calls needs something to go on with.
    return ArgumentGenerator().generate_skeleton(model.output_shape) if model.output_shape else {}


def no_file(prefix, path, mode):
    raise FileWanted(path)


def no_pause(seconds):
    Notes.waited = True
    raise EnoughCalls


def prepare():
    for prefix in ("file://", "fileb://"):
        paramfile.LOCAL_PREFIX_MAP[prefix] = (no_file, {"mode": "r"})
    time.sleep = no_pause
    botocore.client.BaseClient._make_api_call = note_call
    clients = {}
    create_client = botocore.session.Session.create_client

    def one_client(session, service_name, region_name=None, **arguments):
        if service_name not in clients:
            clients[service_name] = create_client(session, service_name, region_name="us-east-1")
        return clients[service_name]

    botocore.session.Session.create_client = one_client
    top_level = clidriver.CLIDriver._handle_top_level_args

    def note_region(driver, arguments, remaining):
        Notes.region = arguments.region
        return top_level(driver, arguments, remaining)

    clidriver.CLIDriver._handle_top_level_args = note_region
    invoke = clidriver.CLIOperationCaller.invoke

    def note_invoke(caller, *arguments, **named):
        Notes.by_operation = True
        return invoke(caller, *arguments, **named)

    clidriver.CLIOperationCaller.invoke = note_invoke
    return clidriver.create_clidriver()


def changed_by_awscli(model, parameters):
    """What awscli changes as a handler of botocore's `before-parameter-build`."""
    if model.service_model.service_name == "ec2":
        if model.name == "RunInstances":
            addcount.set_default_count(params=parameters)
            runinstances._fix_args(params=parameters)
        if model.name in ("CreateNetworkAclEntry", "ReplaceNetworkAclEntry"):
            protocolarg._fix_args(params=parameters)
    return parameters


def outcome(driver, words):
    """What awscli does with the words after `aws`."""
    error_text = tempfile.TemporaryFile("w+")
    file_wanted = []
    show = clidriver.write_exception

    def note_exception(exception, outfile):
        if isinstance(exception, FileWanted):
            file_wanted.append(str(exception))
        show(exception, outfile)

    clidriver.write_exception = note_exception
    shown = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = open(os.devnull, "w"), error_text
    try:
        status = driver.main(words)
    except SystemExit as exit:
        status = exit.code
    except (EnoughCalls, FileWanted) as exception:
        file_wanted.extend([str(exception)] if isinstance(exception, FileWanted) else [])
        status = 255
    finally:
        clidriver.write_exception = show
        sys.stdout.close()
        sys.stdout, sys.stderr = shown
    error_text.flush()
    error_text.seek(0)
    said = " ".join(error_text.read().split())
    if file_wanted or "Blob values must be a path to a file" in said:
        return {"other": "a file would be read"}
    waits = not Notes.by_operation and "wait" in words[:2]
    if waits or Notes.waited or len(Notes.calls) > 1:
        return {"other": "several calls"}
    if not Notes.calls:
        return {"refused": said[-300:]} if status else {"other": "no call"}
    if status and not Notes.by_operation:
        return {"other": "more than a call"}
    model, parameters = Notes.calls[0]
    parameters = changed_by_awscli(model, parameters)
    if model.input_shape is not None:
        # botocore makes up tokens that are not given.
        tokens = {name: str(uuid.UUID(int=0)) for name in model.idempotent_members}
        report = ParamValidator().validate(tokens | parameters, model.input_shape)
        if report.has_errors():
            return {"refused": report.generate_report()[-300:]}
    try:
        written = in_json(model.input_shape, parameters)
    except (ValueError, OverflowError) as error:
        return {"refused": str(error)}
    return {
        "call": {
            "service": model.service_model.service_name,
            "operation": model.name,
            "region": Notes.region,
            "parameters": written,
        },
        "custom": not Notes.by_operation,
    }


def examine(driver, command):
    if "^\n" in command or re.match(r"aws .*[A-Z]:\\", command):
        return {"other": "another shell"}
    ending, syntax = scan(command)
    if syntax:
        return {"other": "shell syntax"}
    if ending == "open":
        return {"other": "an open quote"}
    words = words_of(command.removesuffix("\\"))
    return outcome(driver, words[1:])


def in_child(work):
    """Runs `work` in a process of its own, so that what it changes is gone afterwards; what it returns as text."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        try:
            answer = work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        with os.fdopen(write, "w") as pipe:
            pipe.write(answer)
            pipe.flush()
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        answer = pipe.read()
    if os.waitpid(child, 0)[1] != 0:
        sys.exit(1)
    return answer


class Restored:
    """awscli as it was before a command: commands change its handlers, tables and settings."""

    def __init__(self, driver):
        self.driver = driver
        # What is registered is kept by the emitter behind the one that knows the aliases of services.
        self.emitter = driver.session.get_component("event_emitter")._emitter
        self.once = set(self.emitter._unique_id_handlers)
        self.added = []
        handlers = self.emitter._handlers
        append = handlers.append_item

        def note_and_append(event, handler, **section):
            self.added.append((event, handler))
            append(event, handler, **section)

        handlers.append_item = note_and_append
        self.settings = dict(driver.session._session_instance_vars)

    def restore(self, operation=None):
        """Takes everything back, or of the tables only that of one operation."""
        Notes.calls, Notes.region, Notes.by_operation, Notes.waited = [], None, False, False
        for event, handler in self.added:
            self.emitter._handlers.remove_item(event, handler)
        self.added.clear()
        once = self.emitter._unique_id_handlers
        for name in [name for name in once if name not in self.once]:
            del once[name]
        self.emitter._lookup_cache = {}
        self.driver.session._session_instance_vars.clear()
        self.driver.session._session_instance_vars.update(self.settings)
        if operation is not None:
            operation._arg_table = None
            return
        for command in self.driver._get_command_table().values():
            if getattr(command, "_command_table", None) is not None:
                command._command_table = None


def of_folder(driver, folder):
    """Answers for all commands in the files of a folder, one a line."""
    restored = Restored(driver)
    answers = []
    for path in sorted(folder.rglob("*.rst")):
        for number, text in enumerate(commands_of(path.read_text(encoding="utf-8")), 1):
            restored.restore()
            head = {"file": str(path.relative_to(EXAMPLES)), "number": number, "command": text}
            answers.append(json.dumps(head | examine(driver, text)))
    return "\n".join(answers)


# Command lines made up


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


def of_service(driver, name):
    """Answers for one command line of every operation of a service, one a line."""
    command = driver._get_command_table()[name]
    service = command._service_name
    try:
        paginators = driver.session.get_paginator_model(service)._paginator_config
    except botocore.exceptions.DataNotFoundError:
        paginators = {}
    driver.session.create_client(service)
    restored = Restored(driver)
    answers = []
    for operation_name, operation in list(command._get_command_table().items()):
        if not isinstance(operation, clidriver.ServiceOperation):
            continue
        restored.restore(operation)
        text = MadeUp(operation._operation_model, paginators).command(name, operation_name, operation.arg_table)
        head = {"file": f"{name}/{operation_name}", "number": 1, "command": text}
        answers.append(json.dumps(head | outcome(driver, words_of(text)[1:])))
    return "\n".join(answers)


def main():
    driver = prepare()
    commands = driver._get_command_table()
    # An awscli with a botocore of its own may have services that the models under test do not have.
    models = pathlib.Path(os.environ["AWS_DATA_PATH"].split(os.pathsep)[0])
    for name, command in list(commands.items()):
        if isinstance(command, clidriver.ServiceCommand) and not (models / command._service_name).is_dir():
            del commands[name]
    kind, *wanted = sys.argv[1:]
    if kind == "operations":
        names = [name for name, command in commands.items() if isinstance(command, clidriver.ServiceCommand)]
        work = [(name, lambda name=name: of_service(driver, name)) for name in sorted(names)]
    else:
        folders = sorted(path for path in EXAMPLES.iterdir() if path.is_dir())
        work = [(folder.name, lambda folder=folder: of_folder(driver, folder)) for folder in folders]
    for name, answers_of in work:
        if not wanted or name in wanted:
            answers = in_child(answers_of)
            if answers:
                print(answers, flush=True)


if __name__ == "__main__":
    try:
        main()
    finally:
        os.unlink(settings.name)
