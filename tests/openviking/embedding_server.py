# SPDX-License-Identifier: Apache-2.0
"""OpenAI's /v1/embeddings over real word vectors.

The vectors are those that the wordllama wheel carries (one float16 row of 256 for each of the
32,000 entries of a tokenizer that lies beside them). A text's vector is the mean of its
tokens' rows, of length one: texts about the same matter lie near each other, so that what a
search finds means something. Nothing is downloaded and the same text gives the same bits.
"""

import base64
import hashlib
import importlib.util
import json
import math
import struct
import threading
import time
from array import array
from pathlib import Path

from loopback import Service
from tokenizers import Tokenizer

MODEL = "wordllama-l2-supercat-256"
DIMENSION = 256


def package_folder():
    """Where wordllama lies; it is not imported, since only two of its files are wanted."""
    found = importlib.util.find_spec("wordllama")
    if found is None:
        raise FileNotFoundError("the package wordllama is not installed")
    return Path(found.origin).parent


class WordVectors:
    def __init__(self):
        folder = package_folder()
        tokens = folder / "tokenizers" / "l2_supercat_tokenizer_config.json"
        self._tokenizer = Tokenizer.from_file(str(tokens))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._rows = self._read(folder / "weights" / "l2_supercat_256.safetensors")
        self._row = struct.Struct(f"<{DIMENSION}e")
        self._known = {}
        self._lock = threading.Lock()

    @staticmethod
    def _read(path):
        data = path.read_bytes()
        (size,) = struct.unpack_from("<Q", data)
        tensor = json.loads(data[8 : 8 + size])["embedding.weight"]
        if tensor["dtype"] != "F16" or tensor["shape"][1] != DIMENSION:
            raise ValueError(f"'{path}' holds {tensor['dtype']} {tensor['shape']}")
        begin, end = tensor["data_offsets"]
        return memoryview(data)[8 + size + begin : 8 + size + end]

    def vector(self, text):
        with self._lock:
            if text in self._known:
                return self._known[text]
        sums = [0.0] * DIMENSION
        for token in self._tokenizer.encode(text, add_special_tokens=False).ids:
            offset = token * self._row.size
            if offset + self._row.size <= len(self._rows):
                row = self._row.unpack_from(self._rows, offset)
                sums = [a + b for a, b in zip(sums, row)]
        length = math.sqrt(math.fsum(x * x for x in sums))
        if length == 0.0:
            sums, length = self._of_no_token(text)
        vector = [x / length for x in sums]
        with self._lock:
            self._known[text] = vector
        return vector

    @staticmethod
    def _of_no_token(text):
        """A text without a token that has a row: a direction of its own, the same each time."""
        bits = hashlib.shake_256(text.encode("utf-8", "replace")).digest(2 * DIMENSION)
        numbers = [x / 32768.0 for x in struct.unpack(f"<{DIMENSION}h", bits)]
        return numbers, math.sqrt(math.fsum(x * x for x in numbers))


def start():
    """A service that is answering. Its `url` is what OpenViking's `api_base` wants, `delay` the
    seconds that each answer takes on top."""
    words = WordVectors()

    def embed(path, request):
        if not path.endswith("/embeddings"):
            return None
        texts = request["input"]
        texts = [texts] if isinstance(texts, str) else texts
        time.sleep(service.delay)
        rows = [words.vector(text) for text in texts]
        if request.get("encoding_format") == "base64":
            rows = [base64.b64encode(array("f", row).tobytes()).decode() for row in rows]
        data = [{"object": "embedding", "index": i, "embedding": r} for i, r in enumerate(rows)]
        tokens = sum(len(text) for text in texts) // 4
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        return {"object": "list", "model": MODEL, "data": data, "usage": usage}

    service = Service(embed)
    service.delay = 0
    return service
