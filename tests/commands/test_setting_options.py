"""nst_core.commands.setting_options: every setting is an option that says what it takes."""

from __future__ import annotations

import argparse
import re

import pytest

from nst_contract.settings import SPECS, Settings
from nst_core.commands.setting_options import add_settings, given_settings


@pytest.fixture
def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    add_settings(parser)
    return parser


@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("--backbone", "vgg19|mini-vgg16:FILE"),
        ("--weights", "caffe|torchvision|FILE|caffe:FILE|torchvision:FILE"),
        ("--device", "auto|cpu|cuda|mps|xpu|cuda:N|xpu:N"),
        ("--pooling", "max|average"),
        ("--style-layers", "LAYERS"),
        ("--size", "N"),
        ("--style-weight", "X"),
    ],
)
def test_the_help_says_what_an_option_takes(
    option: str, values: str, parser: argparse.ArgumentParser
) -> None:
    assert re.search(rf"^ +{option} {re.escape(values)}(\s|$)", parser.format_help(), re.MULTILINE)


def test_every_setting_is_an_option_and_only_those_given_count(
    parser: argparse.ArgumentParser,
) -> None:
    assert given_settings(parser.parse_args([])) == {}
    arguments = []
    for name, value in Settings().as_dict().items():
        option = f"--{name.replace('_', '-')}"
        arguments += [f"--no-{option[2:]}"] if value is False else [option, str(value)]
    given = given_settings(parser.parse_args(arguments))
    assert list(given) == list(SPECS)
    assert Settings.from_dict(given) == Settings()
