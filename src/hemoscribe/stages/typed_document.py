"""A JSON document that one part of the program writes and others decide by.

It is read as what it is, or refused: a decision rests on a field of the right type, never on a key
that may be there. What it holds beside its fields is kept, and it is written as it was given: the
same keys in the same order.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from hemoscribe.errors import StageError
from hemoscribe.files import read_json, write_json

Number = int | float
"""A number as it stands in the file: 1 stays 1. No text, no truth value, no NaN."""


class TypedDocument(BaseModel):
    """A document, or a part of one, with its fields in the order in which they were given."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True, allow_inf_nan=False)

    _order: tuple[str, ...] = PrivateAttr(())

    @model_validator(mode="wrap")
    @classmethod
    def _in_order(cls, given: Any, handler: ModelWrapValidatorHandler[Any]) -> Any:
        made = handler(given)
        if isinstance(given, Mapping):
            made._order = tuple(given)
        return made

    @model_serializer(mode="wrap")
    def _as_given(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        whole = handler(self)
        return {name: whole[name] for name in self._order}

    def as_json(self) -> dict[str, Any]:
        """What stands in the file, as JSON values."""
        return self.model_dump()


Document = TypeVar("Document", bound=TypedDocument)


def read_document(path: Path, kind: type[Document], *, what: str, remedy: str) -> Document:
    """The document of a file.

    Args:
        what: what it should be, such as ``assessment``.
        remedy: what the user does where it is not, as the end of a sentence.

    Raises:
        SourceError: there is no such file, or it is not JSON.
        StageError: it is something else, or damaged; names the first part that is wrong.
    """
    return typed(read_json(path), kind, name=path, what=what, remedy=remedy)


def typed(given: object, kind: type[Document], *, name: object, what: str, remedy: str) -> Document:
    """As ``read_document``, of JSON that was read already; ``name`` says where it stood."""
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        raise StageError(f"{name}: is no {what} ({damage(error)}); {remedy}.") from error


def write_document(path: Path, document: TypedDocument) -> None:
    """Write a document as indented JSON."""
    write_json(path, document.as_json())


def damage(error: ValidationError) -> str:
    """The first thing that is wrong with a document: its place in it, and what is wanted there."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else first["msg"]
