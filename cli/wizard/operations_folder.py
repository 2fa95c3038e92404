"""The files of the folder of own operations: one for each class, and nothing is overwritten."""

import ast
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from cli.wizard import formatting
from cli.wizard.fields import Import
from cli.wizard.source import OperationSource


class Unreadable(Exception):
    """A file of the folder is not Python; the text names file and line."""


@dataclass(frozen=True)
class Location:
    """Where an operation stands in the folder; `is_new` where it was put there now."""

    source: OperationSource
    path: Path
    line: int
    is_new: bool


def path(folder: Path, source: OperationSource) -> Path:
    """Return the file of an operation's class."""
    return folder.resolve() / f"{source.noun}.py"


def put(folder: Path, source: OperationSource) -> Location:
    """Put an operation into the file of its class; one that is there stays as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    file = path(folder, source)
    text = file.read_text(encoding="utf-8") if file.exists() else _empty(source)
    tree = _parsed(file, text)
    line = _line_of(tree, source.function)
    if line:
        return Location(source, file, line, is_new=False)
    whole = f"{_with_imports(tree, text, source.imports).rstrip()}\n\n\n{source.text}"
    _write(file, whole)
    return Location(source, file, _line_of(_parsed(file, whole), source.function), is_new=True)


def _empty(source: OperationSource) -> str:
    return f'"""Operations on {source.noun}, begun by `xenflow wizard`."""\n'


def _parsed(file: Path, text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError as error:
        raise Unreadable(f"{file}:{error.lineno}: {error.msg}; nothing was written there") from None


def _line_of(tree: ast.Module, name: str) -> int:
    """Return the line where a name is bound at the top of a module; 0 where it is not."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if node.name == name:
                return min([node.lineno, *(each.lineno for each in node.decorator_list)])
        elif name in {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}:
            return node.lineno
    return 0


def _with_imports(tree: ast.Module, text: str, wanted: frozenset[Import]) -> str:
    """Return the text with what is wanted imported, each module where a sorter would put it."""
    lines = text.splitlines()
    for module, imports in groupby(sorted(wanted - _imported(tree)), key=lambda one: one[0]):
        lines = _with_import(lines, module, [name for _, name in imports])
    return "\n".join(lines)


def _imported(tree: ast.Module) -> frozenset[Import]:
    return frozenset(
        (node.module or "", alias.name)
        for node in _imports(tree)
        for alias in node.names
        if alias.asname is None
    )


def _imports(tree: ast.Module) -> Iterator[ast.ImportFrom]:
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and not node.level:
            yield node


def _with_import(lines: list[str], module: str, names: Sequence[str]) -> list[str]:
    tree = ast.parse("\n".join(lines))
    there = [node for node in _imports(tree) if node.module == module]
    same = next((node for node in there if _is_plain(lines, node)), None)
    if same:
        all_names = [*names, *map(ast.unparse, same.names)]
        begin, end = same.lineno - 1, same.end_lineno or same.lineno
        return [*lines[:begin], *formatting.imported(module, all_names).split("\n"), *lines[end:]]
    at, before, after = _place(tree, module)
    imported = formatting.imported(module, names).split("\n")
    return [*lines[:at], *before, *imported, *after, *lines[at:]]


def _is_plain(lines: Sequence[str], node: ast.ImportFrom) -> bool:
    """Return whether an import may be written anew: it has no comment that would be lost."""
    is_commented = any("#" in line for line in lines[node.lineno - 1 : node.end_lineno])
    return not is_commented and all(alias.asname is None for alias in node.names)


def _place(tree: ast.Module, module: str) -> tuple[int, list[str], list[str]]:
    """Find the line before which an import belongs, and the empty lines around it."""
    alike = [
        node
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom) and _is_standard(node) == _standard(module)
    ]
    later = [n for n in alike if isinstance(n, ast.ImportFrom) and (n.module or "") > module]
    if later:
        return later[0].lineno - 1, [], []
    if alike:
        return alike[-1].end_lineno or alike[-1].lineno, [], []
    return _place_of_block(tree, module)


def _place_of_block(tree: ast.Module, module: str) -> tuple[int, list[str], list[str]]:
    """Find the place of a first import of its sort: the standard library's go before others."""
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    if imports and _standard(module) and not _is_future(imports[0]):
        return imports[0].lineno - 1, [], [""]
    head = imports[-1] if imports else tree.body[0] if ast.get_docstring(tree) else None
    return (head.end_lineno or 0, [""], []) if head else (0, [], [""])


def _is_standard(node: ast.Import | ast.ImportFrom) -> bool:
    module = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
    return not _is_future(node) and _standard(module or "")


def _is_future(node: ast.Import | ast.ImportFrom) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _standard(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names


def _write(file: Path, text: str) -> None:
    """Write a file as a whole or not at all; who may read it stays as it was."""
    handle, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(text)
    Path(draft).chmod(file.stat().st_mode & 0o777 if file.exists() else 0o644)
    Path(draft).replace(file)
