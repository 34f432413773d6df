"""Command lines in text, and their words as a POSIX shell would give them."""

import re
import shlex


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
