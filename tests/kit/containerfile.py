"""Reads a Containerfile: the same steps run here where there is no container engine."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from string import Template


@dataclass
class Stage:
    """The lines after one `FROM`.

    Attributes:
        steps: instruction and arguments of each, in order.
        env: what its ENV steps set, with the defaults of its ARGs filled in.
    """

    steps: list[tuple[str, str]] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)

    def all(self, instruction: str) -> list[str]:
        """The arguments of all steps of one kind."""
        return [arguments for name, arguments in self.steps if name == instruction]

    def command(self, instruction: str) -> list[str]:
        """The words of ENTRYPOINT or CMD, which are in brackets, or those after the options of HEALTHCHECK."""
        (arguments,) = self.all(instruction)
        words: list[str] = json.loads(arguments[arguments.index("[") :])
        return words


def read(path: Path) -> list[Stage]:
    """Its stages."""
    text = re.sub(r"^#.*\n", "", path.read_text("utf-8"), flags=re.MULTILINE)
    stages: list[Stage] = []
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        name, _, arguments = line.partition(" ")
        if name == "FROM":
            stages.append(Stage())
        elif name:
            stages[-1].steps.append((name, arguments))
    for stage in stages:
        args = dict(word.split("=", 1) for arguments in stage.all("ARG") for word in arguments.split())
        for word in (word for arguments in stage.all("ENV") for word in arguments.split()):
            key, value = word.split("=", 1)
            stage.env[key] = Template(value).substitute(args)
        stage.env |= {key: value for key, value in args.items() if stage is stages[0]}
    return stages


def places(folder: Path, *of_the_image: str) -> Callable[[str], str]:
    """Writes paths of the image as paths below a folder of this machine."""

    def here(text: str) -> str:
        for path in of_the_image:
            text = re.sub(rf"(?<![\w/.-]){re.escape(path)}(?![\w-])", f"{folder}{path}", text)
        return text

    return here
