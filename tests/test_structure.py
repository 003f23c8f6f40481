"""The tree: folders that can be taken in at a glance. `make imports` holds the import contracts."""

from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("articles", "summarizer", "bot", "config")


def _files() -> list[Path]:
    found = [file.relative_to(ROOT) for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    return [file for file in found if "migrations" not in file.parts]


def test_no_folder_has_more_than_fifteen_python_files_and_no_root_more_than_eight() -> None:
    folders = Counter(file.parent for file in _files())
    assert {str(folder): count for folder, count in folders.items() if count > 15} == {}
    assert {package: folders[Path(package)] for package in PACKAGES if folders[Path(package)] > 8} == {}


def test_no_file_is_longer_than_five_hundred_lines() -> None:
    lengths = {str(file): len((ROOT / file).read_text(encoding="utf-8").splitlines()) for file in _files()}
    assert {name: length for name, length in lengths.items() if length > 500} == {}


def test_every_room_says_what_it_is_for() -> None:
    rooms = [file for file in _files() if file.name == "__init__.py" and len(file.parts) > 2]
    assert [
        str(file) for file in rooms if not (ROOT / file).read_text(encoding="utf-8").startswith('"""')
    ] == []
