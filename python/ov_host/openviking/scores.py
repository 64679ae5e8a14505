# SPDX-License-Identifier: Apache-2.0
"""The scale on which OpenViking expects a score.

Up to 0.4.x its engine answers a cosine search with the cosine, -1 to 1; later releases answer
(1 + cosine) / 2 where vectors alone decide, and say so in a table. Thresholds, fusion with time
and what the server tells its users follow it, so the adapter does too: custom_params.score_scale
is `auto`, `raw` or `affine`.
"""

import importlib

AFFINE = "cosine_affine_0_1"


def expected_affine() -> bool:
    """Does the OpenViking that is installed say that its cosine scores lie between 0 and 1?"""
    try:
        backend = importlib.import_module("openviking.storage.viking_vector_index_backend")
    except ImportError:
        return False
    scales = getattr(backend, "_LOCAL_PURE_DENSE_SCORE_SCALES", None)
    return isinstance(scales, dict) and scales.get("cosine") == AFFINE


def is_affine(setting: str) -> bool:
    return expected_affine() if setting == "auto" else setting == "affine"


def affine(cosine: float) -> float:
    return (1.0 + cosine) / 2.0
