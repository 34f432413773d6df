"""awscli as a whole, but for the call itself, which is replaced by one that notes it and gives an empty answer.

Parameters are noted after awscli's own changes and before botocore's.
"""

import copy
import os
import sys
import tempfile
import time
import traceback
import uuid

# Settings of awscli, which it reads in part when it is imported. Values that begin with http:// are values: version 1 would
# fetch them, version 2 does not.
SETTINGS = tempfile.NamedTemporaryFile("w", suffix=".config")
SETTINGS.write("[default]\ncli_follow_urlparam = false\n")
SETTINGS.flush()
os.environ.update(
    AWS_CONFIG_FILE=SETTINGS.name,
    AWS_ACCESS_KEY_ID="AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY="example",
    AWS_DEFAULT_REGION="us-east-1",
    TZ="UTC",
    HOME=tempfile.gettempdir(),
)
time.tzset()

from awscli import clidriver, paramfile  # noqa: E402
from awscli.customizations.ec2 import addcount, protocolarg, runinstances  # noqa: E402
import botocore.client  # noqa: E402
import botocore.session  # noqa: E402
from botocore.utils import ArgumentGenerator, is_json_value_header, parse_to_aware_datetime  # noqa: E402
from botocore.validate import ParamValidator  # noqa: E402

from json_form import EXACT, blob, number, timestamp  # noqa: E402


class FileWanted(Exception):
    """A value would be read from a file."""


class EnoughCalls(Exception):
    """There was a second call, or a pause before one."""


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


def in_json(shape, value):
    """Parameters as awscli leaves them, in aws-call's form."""
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
        return blob(value)
    if kind == "timestamp":
        return timestamp(parse_to_aware_datetime(value))
    if kind in ("integer", "long", "byte", "short") and isinstance(value, int) and abs(value) > EXACT:
        return str(value)
    if kind in ("float", "double"):
        return number(float(value))
    return value


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
