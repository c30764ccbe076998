"""The schema of config.yaml refuses unknown keys, and nothing that OpenEvolve takes."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import jsonschema
import pytest
from job import RUNNER
from openevolve.config import Config

from openevolve_runner.config_schema import config_schema

SCHEMA = jsonschema.Draft202012Validator(config_schema())

TAKEN: list[dict[str, Any]] = [
    {},
    {"llm": {"primary_model": "a", "primary_model_weight": 1, "secondary_model": "b"}},
    {"llm": {"models": [{"name": "a", "weight": 0.8, "temperature": None}], "top_p": None}},
    {"llm": {"temperature": None, "api_key": "${HOME}"}},
    {"llm": {"evaluator_models": [{"name": "a", "max_budget_usd": 2}]}},
    {"database": {"feature_bins": 7, "exploration_ratio": 1}},
    {"database": {"feature_bins": {"speed": 7}, "feature_dimensions": ["speed"]}},
    {"database": {"island_initial_programs": [None, "other.py"], "random_seed": None}},
    {"prompt": {"template_variations": {"greeting": ["hello"]}, "code_length_threshold": None}},
    {"evaluator": {"evaluator_args": {"deep": {"free": [1]}}, "cascade_thresholds": [1, 0.5]}},
    {"evolution_trace": {"enabled": True, "format": "jsonl"}, "early_stopping_patience": 3},
]
REFUSED: list[dict[str, Any]] = [
    {"max_iteration": 3},
    {"llm": {"model": "a"}},
    {"llm": {"models": [{"name": "a", "wieght": 1}]}},
    {"llm": {"_manual_queue_dir": "x"}},
    {"database": {"population": 3}},
    {"evaluator": {"timeouts": 3}},
    {"evolution_trace": {"formats": "json"}},
    {"prompt": {"num_top_program": 3}},
]


@pytest.mark.parametrize("config", TAKEN, ids=json.dumps)
def test_what_openevolve_takes_is_taken(config: dict[str, Any]) -> None:
    Config.from_dict(json.loads(json.dumps(config)))
    SCHEMA.validate(config)


@pytest.mark.parametrize("config", REFUSED, ids=json.dumps)
def test_a_key_that_openevolve_would_ignore_is_refused(config: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError, match="Additional properties"):
        SCHEMA.validate(config)


def test_every_default_is_taken() -> None:
    defaults = Config().to_dict()
    for section in [defaults["llm"], *defaults["llm"]["models"]]:
        del section["_manual_queue_dir"]
    for none_means_not_given in ("name", "primary_model", "secondary_model"):
        del defaults["llm"][none_means_not_given]
    for weight in ("primary_model_weight", "secondary_model_weight"):
        del defaults["llm"][weight]
    del defaults["language"]
    SCHEMA.validate(defaults)


def test_the_module_prints_the_same_text_each_time() -> None:
    command = [sys.executable, "-B", "-m", "openevolve_runner.config_schema"]
    texts = {subprocess.check_output(command, cwd=RUNNER, text=True) for _ in range(2)}

    assert len(texts) == 1
    text = texts.pop()
    assert json.loads(text) == config_schema()
    assert text == json.dumps(config_schema(), indent=2, sort_keys=True) + "\n"
