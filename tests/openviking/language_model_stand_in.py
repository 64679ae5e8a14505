# SPDX-License-Identifier: Apache-2.0
"""Stands in for a language model: OpenAI's /v1/chat/completions without one.

OpenViking asks a model for summaries, for a session's working memory and for memories. The
stand-in takes what it answers from the words of the prompt alone, so the same prompt gives
the same answer: the leading sentences of the text that is to be summarised, and one memory
for each sentence of the user's that says of what kind it is ("I prefer ...", "X is a ...").
It understands nothing, so what it writes is no measure of OpenViking; a store does not mind.

A prompt of a kind that it does not know is kept in `unknown`, which the tests want empty.
"""

import json
import re

from loopback import Service

MODEL = "language-model-stand-in"

SENTENCE_END = re.compile(r"(?<=[.!?:])\s+")
NUMBERED = re.compile(r"^\[(\d+)\] (.*)$", re.M)
SAID = re.compile(r"^\[\d+\]\[(\w+)\]\[[^\]]*\]: ", re.M)
PREFERENCE = re.compile(r"^I prefer (.+?) (?:to|for|when|over|at) ", re.I)
ENTITY = re.compile(r"^(\w+(?: \w+)?) is an? (\w+)")


def leading(text, characters):
    """The first sentences of a text, as many as fit; at least a part of the first."""
    words = " ".join(line.strip("#=*-_ \t") for line in text.splitlines())
    words = re.sub(r"\s+", " ", words).strip()
    taken = ""
    for sentence in SENTENCE_END.split(words):
        if taken and len(taken) + 1 + len(sentence) > characters:
            break
        taken = f"{taken} {sentence}".strip()
    return taken[:characters]


def between(text, first, last):
    """What stands between two marks, the last one of its kind; "" where they are missing."""
    begin = text.find(first)
    if begin < 0:
        return ""
    begin += len(first)
    end = text.rfind(last)
    return text[begin:] if end < begin else text[begin:end]


def file_summary(prompt):
    return leading(between(prompt, "【File Content】", "Output requirements:"), 400)


def overview(prompt):
    name = between(prompt, "[Directory Name]", "[Files and Their").strip()
    files = between(prompt, "in Directory]", "Note: Files are numbered").strip()
    children = between(prompt, "Subdirectories and Their Summaries]", "Relationship rules:")
    children = "" if children.strip() == "None" else children.strip()
    numbered = NUMBERED.findall(files)
    parts = [text for _, text in numbered] or [files if files != "None" else ""]
    brief = " ".join(leading(part, 160) for part in (parts + [children])[:4] if part)
    guide = "\n".join(f"- {leading(text, 60)} → [{number}]" for number, text in numbered)
    details = "\n".join(f"### [{number}]\n{leading(text, 300)}" for number, text in numbered)
    return (
        f"# {name}\n\n{brief or name}\n\n## Quick Navigation\n{guide}\n\n"
        f"## Detailed Description\n{details}\n{children}\n"
    )


SECTIONS = (
    "Session Title",
    "Current State",
    "Task & Goals",
    "Key Facts & Decisions",
    "Files & Context",
    "Errors & Corrections",
    "Open Issues",
)


def working_memory(prompt):
    said = leading(between(prompt, "<session_content>", "</session_content>"), 500)
    return "# Working Memory\n\n" + "\n\n".join(f"## {s}\n{said}" for s in SECTIONS) + "\n"


def word(text, most=3):
    return "_".join(re.findall(r"[a-z0-9]+", text.lower())[:most])


def memories(conversation):
    """[(type, fields)]: one for each of the user's sentences that states one."""
    found = []
    pieces = SAID.split(conversation)[1:]
    for role, text in zip(pieces[::2], pieces[1::2]):
        if role != "user":
            continue
        for sentence in SENTENCE_END.split(text.split("\n\n")[0]):
            sentence = sentence.strip()
            if match := PREFERENCE.match(sentence):
                fields = {"user": "user", "topic": word(match[1]), "content": f"- {sentence}"}
                found.append(("preferences", fields))
            elif match := ENTITY.match(sentence):
                content = f"# {match[1]}\n{sentence}\n\n## Description\n- {sentence}"
                fields = {"category": word(match[2]), "name": word(match[1]), "content": content}
                found.append(("entities", fields))
    return found


def operations(system, conversation):
    """The memories in the form that the prompt asks for: JSON, or calls of a Python SDK."""
    found = memories(conversation)
    if "restricted Python memory SDK" in system:
        calls = []
        for kind, fields in found:
            words = ", ".join(f'{k}="""{v}"""' for k, v in fields.items())
            calls.append(f"sdk.create_{kind}({words})")
        return "\n".join([*calls, "sdk.commit()"])
    lists = {}
    # Numbers below 100 are those of memories that are there already.
    for number, (kind, fields) in enumerate(found, 100):
        lists.setdefault(kind, []).append({"page_id": number, **fields})
    return json.dumps(lists)


def text_of(messages, roles):
    texts = []
    for message in messages:
        content = message.get("content") or ""
        if isinstance(content, list):
            content = "\n".join(part.get("text", "") for part in content)
        if message["role"] in roles:
            texts.append(content)
    return "\n".join(texts)


class StandIn:
    def __init__(self):
        self.unknown = []

    def reply(self, request):
        """(content, tool call) for a request."""
        system = text_of(request["messages"], ("system",))
        prompt = text_of(request["messages"], ("user",))
        tools = {tool["function"]["name"] for tool in request.get("tools") or ()}
        if "create_working_memory" in tools:
            call = {"working_memory": working_memory(prompt), "checkpoint_summaries": []}
            return None, ("create_working_memory", call)
        if "update_working_memory" in tools:
            keep = {section: {"op": "KEEP"} for section in SECTIONS}
            return None, ("update_working_memory", {"sections": keep})
        if "## Conversation History" in prompt:
            conversation = between(prompt, "## Conversation History", "After exploring")
            return operations(system, conversation), None
        if "【File Content】" in prompt:
            return file_summary(prompt), None
        if "[Directory Name]" in prompt:
            return overview(prompt), None
        if "<session_content>" in prompt:
            return working_memory(prompt), None
        self.unknown.append((system + "\n" + prompt)[:2000])
        return leading(prompt, 200), None

    def answer(self, path, request):
        if not path.endswith("/chat/completions"):
            return None
        content, call = self.reply(request)
        message = {"role": "assistant", "content": content}
        if call:
            function = {"name": call[0], "arguments": json.dumps(call[1])}
            message["tool_calls"] = [{"id": "call-1", "type": "function", "function": function}]
        choice = {
            "index": 0,
            "message": message,
            "finish_reason": "tool_calls" if call else "stop",
        }
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        return {
            "id": "stand-in",
            "object": "chat.completion",
            "created": 0,
            "model": MODEL,
            "choices": [choice],
            "usage": usage,
        }


def start():
    """A service that is answering; its `stand_in.unknown` holds what it could not place."""
    stand_in = StandIn()
    service = Service(stand_in.answer)
    service.stand_in = stand_in
    return service
