"""What awscli makes of command lines: those in its own examples, or with `operations` as argument one made up for every
operation, with as many of its options as can be given together.

One JSON object a line: `file`, `number` (of the command in its file), `command` as it stands there, and one of
`call` (service, operation, region, parameters), `refused` (awscli's message) or `other` (why it is no case: the shell does
more than unquote, a file would be read, it is no call or several calls).

Parameters are written in the JSON form of aws-call.
"""

import json
import os
import pathlib
import re
import sys

# Before awscli, whose settings it makes.
from awscli_calls import Restored, in_child, outcome, prepare
import awscli
from awscli import clidriver
import botocore.exceptions

from made_up_commands import MadeUp
from shell_words import commands_of, scan, words_of

EXAMPLES = pathlib.Path(awscli.__file__).parent / "examples"


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
    main()
