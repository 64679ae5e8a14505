# SPDX-License-Identifier: Apache-2.0
"""The scale on which OpenViking expects a score.

Up to 0.4.21 its engine answers a cosine search with the cosine, -1 to 1; later releases answer
(1 + cosine) / 2 where vectors alone decide, and 0.5 says so in a table. Thresholds, fusion with
time and what the server tells its users follow it, so the adapter does too:
custom_params.score_scale is `auto`, `raw` or `affine`.
"""

import importlib
import importlib.metadata
import re

AFFINE = "cosine_affine_0_1"
FIRST_AFFINE = (0, 4, 22)


def _installed() -> str:
    try:
        return importlib.metadata.version("openviking")
    except importlib.metadata.PackageNotFoundError:  # run from its source
        return ""


def _version() -> tuple[int, ...]:
    numbers = re.findall(r"\d+", _installed())[:3]
    return tuple(map(int, numbers)) or FIRST_AFFINE


def expected_affine() -> bool:
    """Are the cosine scores of the OpenViking that is installed between 0 and 1?"""
    try:
        backend = importlib.import_module("openviking.storage.viking_vector_index_backend")
        scales = backend._LOCAL_PURE_DENSE_SCORE_SCALES
    except (ImportError, AttributeError):
        return _version() >= FIRST_AFFINE
    return scales.get("cosine") == AFFINE


def is_affine(setting: str) -> bool:
    return expected_affine() if setting == "auto" else setting == "affine"


def affine(cosine: float) -> float:
    score = (1.0 + cosine) / 2.0
    return score if 0.0 <= score <= 1.0 else float(score > 0.0)
