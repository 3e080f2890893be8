#!/usr/bin/env python3
"""Shows files of a crate that import from each other, directly: scripts/style/imports.py [CRATE...]

An import is a path in a `use` or in code that leads to another file of the same crate; a name that a file only passes
on (`pub use`) counts as an import from the file that it comes from. Tests do not count. Prints a line for each pair, and
exits with 1 if there is one.
"""

import re
import sys
from pathlib import Path

CRATES = Path(__file__).resolve().parents[2] / "crates"
PATH = re.compile(r"\b(?:crate|super|self)(?:::(?:super|[A-Za-z_]\w*))+")


def without_noise(code):
    """Code without comments, strings and test modules, which may contain anything."""
    code = re.sub(r'r(#*)".*?"\1', '""', code, flags=re.S)
    code = re.sub(r'"(?:\\.|[^"\\])*"', '""', code, flags=re.S)
    code = re.sub(r"//[^\n]*", "", code)
    while (start := code.find("#[cfg(test)]")) >= 0:
        brace, semicolon = code.find("{", start), code.find(";", start)
        end = semicolon
        if 0 <= brace and (semicolon < 0 or brace < semicolon):
            depth, end = 1, brace + 1
            while depth and end < len(code):
                depth += {"{": 1, "}": -1}.get(code[end], 0)
                end += 1
        code = code[:start] + code[max(end, start + 1) :]
    return code


def leaves(tree):
    """The paths of a use tree: `a::{b, c as d}` gives (a::b, b) and (a::c, d), each with the name that it binds."""
    tree = tree.strip()
    if (brace := tree.find("{")) < 0:
        path, _, name = tree.partition(" as ")
        parts = [part.strip() for part in path.split("::")]
        if parts[-1] == "self":
            parts.pop()
        return [(parts, name.strip() or parts[-1])] if parts else []
    prefix = [part for part in tree[:brace].rstrip(": ").split("::") if part]
    inner, depth, start, found = tree[brace + 1 : tree.rindex("}")], 0, 0, []
    for at, character in enumerate(inner + ","):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == "," and depth == 0:
            if part := inner[start:at].strip():
                found += [(prefix + path, name if path else prefix[-1]) for path, name in leaves(part) or [([], prefix[-1])]]
            start = at + 1
    return found


class Crate:
    def __init__(self, folder):
        self.files = {}
        for file in sorted(folder.rglob("*.rs")):
            parts = list(file.relative_to(folder).with_suffix("").parts)
            if parts[-1] in ("mod", "lib", "main"):
                parts.pop()
            if "tests" not in parts and "testing" not in parts:
                self.files.setdefault(tuple(parts), file)
        self.code = {module: without_noise(file.read_text()) for module, file in self.files.items()}
        self.bound = {module: self.uses(module) for module in self.files}

    def uses(self, module):
        """What a file's `use` items bind: name -> absolute path."""
        found = {}
        for tree in re.findall(r"\buse\s+([^;]+);", self.code[module]):
            for path, name in leaves(tree):
                if (absolute := self.absolute(module, path)) is not None:
                    found[name] = absolute
        return found

    def absolute(self, module, path):
        if path[0] == "crate":
            return tuple(path[1:])
        if path[0] in ("super", "self"):
            base = list(module)
            while path and path[0] in ("super", "self"):
                if path[0] == "super":
                    if not base:
                        return None
                    base.pop()
                path = path[1:]
            return (*base, *path)
        return (*module, *path) if (*module, path[0]) in self.files else None

    def home(self, path, seen=()):
        """The file that an absolute path leads to, through names that are passed on."""
        module = path
        while module not in self.files:
            module = module[:-1]
        rest = path[len(module) :]
        if rest and (target := self.bound[module].get(rest[0])) and target not in seen:
            return self.home((*target, *rest[1:]), (*seen, target))
        return module

    def imports(self, module):
        """The files that a file imports from. A `pub use` alone is no import."""
        code = re.sub(r"\bpub(?:\([^)]*\))?\s+use\s[^;]+;", "", self.code[module])
        paths = [path for tree in re.findall(r"\buse\s+([^;]+);", code) for path, _ in leaves(tree)]
        code = re.sub(r"\buse\s[^;]+;", "", code)
        paths += [match.split("::") for match in PATH.findall(code)]
        children = {other[-1] for other in self.files if other and other[:-1] == module}
        if children:
            paths += [match.split("::") for match in re.findall(rf"\b(?<!:)(?:{'|'.join(children)})(?:::\w+)+", code)]
        found = {self.home(absolute) for path in paths if (absolute := self.absolute(module, path)) is not None}
        return found - {module}


def main():
    names = sys.argv[1:] or [folder.name for folder in sorted(CRATES.iterdir())]
    pairs = 0
    for name in names:
        crate = Crate(CRATES / name / "src")
        imports = {module: crate.imports(module) for module in crate.files}
        for module in sorted(imports):
            for other in sorted(imports[module]):
                if module < other and module in imports[other]:
                    pairs += 1
                    file, back = (crate.files[one].relative_to(CRATES) for one in (module, other))
                    print(f"{file} <-> {back}")
    print(f"{pairs} pairs of files import from each other")
    sys.exit(pairs > 0)


if __name__ == "__main__":
    main()
