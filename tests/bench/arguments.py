# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""Words of these programs' command lines, for argparse: what is wrong with one is said before minutes of measuring."""

import argparse
import json
from pathlib import Path


def file_to_write(text):
    try:
        with open(text, "a", encoding="utf-8"):
            pass
    except OSError as error:
        raise argparse.ArgumentTypeError(f"found '{text}', want a file that can be written: {error.strerror}") from None
    return Path(text)


def json_object(text):
    """What the file holds."""
    try:
        value = json.loads(Path(text).read_text(encoding="utf-8"))
    except OSError as error:
        raise argparse.ArgumentTypeError(f"found '{text}', want a file that can be read: {error.strerror}") from None
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"found '{text}', want a file of JSON: {error}") from None
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError(f"found '{text}', want a file that holds a JSON object")
    return value


def count(text):
    """As 3, 500k, 10M"""
    factor = {"k": 1000, "M": 1000000}.get(text[-1:], 1)
    digits = text if factor == 1 else text[:-1]
    if not digits.isdecimal() or int(digits) == 0:
        raise argparse.ArgumentTypeError(f"found '{text}', want a number from 1 on, as in 3, 500k, 10M")
    return int(digits) * factor


def seconds(text):
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0.1 <= value <= 3600:
        raise argparse.ArgumentTypeError(f"found '{text}', want seconds from 0.1 to 3600")
    return value
