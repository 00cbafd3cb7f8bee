"""Finding and reading model declarations.

What a declaration means is decided by ``pipeline.margin.declaration``.
"""

import tomllib
from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import WrongUse
from pipeline.margin.declaration import ModelDeclaration, parse_declaration
from pipeline.resources import resource_path
from pipeline.settings import Settings


def find_declarations(settings: Settings) -> dict[str, Path]:
    """Return the declaration files by model_id: those shipped, then those of the data home.

    A file in ``<home>/models`` takes the place of a shipped one of the same name.
    """
    folders = [resource_path("models"), settings.home / "models"]
    return {
        path.stem: path
        for folder in folders
        if folder.is_dir()
        for path in sorted(folder.glob("*.toml"))
    }


def load_model(path: Path) -> ModelDeclaration:
    """Read one declaration.

    Raises
    ------
    WrongUse
        The file is no TOML or no valid declaration; the sentence names file and key.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{path.name}: not a TOML file: {error}"
        raise WrongUse(msg) from error
    model = parse_declaration(document, path.name)
    if model.model_id != path.stem:
        msg = f"{path.name}: model_id is {model.model_id!r}; expected the file's name {path.stem!r}"
        raise WrongUse(msg)
    return model


def load_models(settings: Settings, model_ids: Sequence[str] = ()) -> list[ModelDeclaration]:
    """Return the named models, or those in force where none is named.

    Parameters
    ----------
    settings : Settings
        Names the models in force, champion first.
    model_ids : sequence of str
        Models asked for.

    Returns
    -------
    list of ModelDeclaration
        In the order asked for.

    Raises
    ------
    WrongUse
        A model that no file declares.
    """
    declared = find_declarations(settings)
    models = []
    for model_id in model_ids or settings.models:
        if model_id not in declared:
            msg = f"no model {model_id!r}; the models are {', '.join(sorted(declared))}"
            raise WrongUse(msg)
        models.append(load_model(declared[model_id]))
    return models
