"""From overrides to one mapping: Hydra composes; what it would answer with a stack trace becomes problems."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any

from hydra import compose as hydra_compose
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.override_parser.types import Override, OverrideType
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf, open_dict

from dlrun.config.compose.composition import Composition
from dlrun.config.compose.diagnose import chooses_group, diagnose, lines
from dlrun.config.compose.environment import environment
from dlrun.config.compose.grammar import joined
from dlrun.config.compose.groups_only import compose_groups
from dlrun.config.compose.overrides import possible, read_overrides
from dlrun.config.compose.refusal import REFUSALS
from dlrun.config.compose.session import hydra_started
from dlrun.config.compose.typed import as_typed
from dlrun.config.places import config_dirs, experiment_dirs
from dlrun.config.problem import ConfigError, Problem
from dlrun.config.regular_file import read_regular
from dlrun.registry import foreign


@dataclass
class _Base:
    """What the chosen options compose to, before any value is set."""

    config: bytes  # pickled: unpickling takes a fifth of the time of copying an OmegaConf tree
    sweep: Any
    params: dict[str, Any] | None


KNOWN = 200  # compositions that a process keeps: a notebook's or a test's next run with the same groups is quick
_known: dict[tuple[tuple[str, ...], bytes, frozenset[tuple[str, str, Any]]], _Base] = {}


@dataclass
class Composer:
    """Composes commands; all that choose the same options share one composition of Hydra's.

    The values are then set by the function that Hydra itself sets them with.  A file is read when a choice of groups is
    first met, and not again: a composer serves one command, or one plan.
    """

    _read: dict[str, tuple[list[Override], list[Problem]]] = field(default_factory=dict)
    _shaping: dict[str, bool] = field(default_factory=dict)
    _bases: dict[tuple[str, ...], _Base | Exception] = field(default_factory=dict)
    _of_any_seed: dict[tuple[str, ...], dict[str, Any]] = field(default_factory=dict)

    def compose(self, texts: Sequence[str]) -> tuple[Composition | None, list[Problem]]:
        """The configuration that the overrides `texts` choose, and everything that is wrong with them.

        With problems the composition holds those that were right, so that their values can be checked too;
        it is None where not even the groups could be composed.
        """
        overrides: list[Override] = []
        problems: list[Problem] = []
        for text in texts:
            if text not in self._read:
                self._read[text] = read_overrides([text])
            good, bad = self._read[text]
            overrides += good
            problems += bad
        problems = joined(texts, problems) if problems else problems
        with hydra_started():
            if not problems and all(map(possible, overrides)):
                try:
                    return self._composition(overrides), []
                except ConfigError as broken:  # a file that is not readable
                    return None, broken.problems
                except REFUSALS:
                    pass  # found again below, one by one
            return diagnose(overrides, problems, self._composition)

    def _composition(self, overrides: Sequence[Override]) -> Composition:
        base = self._base([o for o in overrides if self._shapes(o)])
        key = _but_the_seed(overrides) if b"${" not in base.config else None
        if key in self._of_any_seed:
            found = deepcopy(self._of_any_seed[key])
            found["seed"] = next(o.value() for o in overrides if o.key_or_group == "seed")
            return Composition(found, tuple(lines(overrides)), deepcopy(base.sweep), deepcopy(base.params), ())
        config = pickle.loads(base.config)
        # Hydra's own setting of values, with its conversions and refusals; private, so a test holds it to `compose`.
        ConfigLoaderImpl._apply_overrides_to_config(
            [_as_typed(o, config) for o in overrides if not self._shapes(o)], config)
        plain = OmegaConf.to_container(config, resolve=True)
        assert isinstance(plain, dict)
        plain.pop("experiment", None)
        found = {str(key): value for key, value in plain.items()}
        variables: tuple[str, ...] = ()
        if b"oc.env" in base.config or any("oc.env" in line for line in lines(overrides)):
            variables = environment(config, found)
        if key is not None and "seed" in found:
            self._of_any_seed[key] = deepcopy(found)
        return Composition(found, tuple(lines(overrides)), deepcopy(base.sweep), deepcopy(base.params), variables)

    def _shapes(self, override: Override) -> bool:
        """Whether an override takes part in Hydra's composition, and does not only set a value in what that gave."""
        key = override.key_or_group
        if key not in self._shaping:  # asking looks into folders
            self._shaping[key] = chooses_group(override) or key.split(".")[0] == "hydra"
        return self._shaping[key]

    def _base(self, overrides: Sequence[Override]) -> _Base:
        key = tuple(lines(overrides))
        if key not in self._bases:
            try:
                self._bases[key] = _known_base(key)
            except (*REFUSALS, ConfigError) as error:
                self._bases[key] = error
        found = self._bases[key]
        if isinstance(found, Exception):
            raise found
        return found


def _as_typed(override: Override, config: DictConfig) -> Override:
    if override.is_sweep_override() or override.is_delete():
        return override
    value = override.value()
    typed = as_typed(override.key_or_group, value, str(override.input_line), config)
    return override if typed is value else replace(override, _value=typed)


def _but_the_seed(overrides: Sequence[Override]) -> tuple[str, ...] | None:
    """What jobs that differ in nothing but their seed have in common; None where another value may follow from it."""
    seeds = [o for o in overrides if o.key_or_group == "seed"]
    if len(seeds) != 1 or seeds[0].type is not OverrideType.CHANGE or type(seeds[0].value()) is not int:
        return None
    texts = lines([o for o in overrides if o is not seeds[0]])
    return None if any("${" in text for text in texts) else tuple(texts)


def _known_base(overrides: tuple[str, ...]) -> _Base:
    """A composition that this process has made before, where no file and no kind that it may depend on has changed."""
    try:
        files = _users_files()
    except OSError:  # composing says which file cannot be read, and why
        return _compose_base(overrides)
    key = (overrides, files, foreign())
    if key not in _known:
        found = _compose_base(overrides)
        if len(_known) >= KNOWN:
            _known.pop(next(iter(_known)))
        _known[overrides, files, foreign()] = found  # composing may have imported a module of the user's
        return found
    return _known[key]


def _users_files() -> bytes:
    """A digest of the YAML files in the folders that are not dlrun's own, names and contents."""
    digest = blake2b()
    for folder in [*config_dirs()[1:], *experiment_dirs()[1:]]:
        for file in sorted(file for file in folder.rglob("*.yaml") if file.is_file()):
            content = read_regular(file)
            digest.update(f"{file.absolute()}\0{len(content)}\0".encode("utf-8", "surrogateescape") + content)
    return digest.digest()


def _compose_base(overrides: Sequence[str]) -> _Base:
    params: Any = None
    config = compose_groups(overrides)
    if config is None:
        config = hydra_compose(config_name="config", overrides=list(overrides), return_hydra_config=True)
        params = config.hydra.sweeper.get("params") if config.hydra.mode == RunMode.MULTIRUN else None
        if isinstance(params, DictConfig):
            params = OmegaConf.to_container(params, resolve=False)
        elif config.hydra.mode == RunMode.MULTIRUN:
            params = {}
        with open_dict(config):
            del config["hydra"]
    sweep = OmegaConf.to_container(config, resolve=False).get("sweep")  # type: ignore[union-attr]
    with open_dict(config):
        config["sweep"] = None  # a job is the same run with and without the sweep around it
    return _Base(pickle.dumps(config), sweep, params)
