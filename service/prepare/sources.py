"""The public data sets that Reckoner can learn from: where each is from, under what licence, and which file is meant.

Nothing here fetches anything. The user puts the files in a data folder; they are read as they are, compressed, after their
checksum has been verified. A set that was unpacked beside its archive's place is read too, unverified.
"""

from __future__ import annotations

import hashlib
import lzma
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory


class SourceError(Exception):
    """A data set's file is missing, is not the file that was meant, or lacks a part."""


@dataclass(frozen=True, slots=True)
class Source:
    """`file` is the compressed file's place in the data folder; `origin` says in words where the set comes from."""

    name: str
    file: str
    origin: str
    licence: str
    sha256: str

    @property
    def unpacked(self) -> str:
        return self.file.removesuffix(".xz").removesuffix(".tar")


SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        Source(
            "squad", "reading/squad-train-v1.1.json.xz",
            "SQuAD 1.1, the training set: Rajpurkar et al. 2016, the SQuAD explorer's page",
            "CC BY-SA 4.0", "d35f124cae4c7e1999678914566a25f21615004cb6a619b95610f799ce884314",
        ),
        Source(
            "qamr", "reading/qamr.tar.xz",
            "QAMR, filtered dev and test: Michael et al. 2018, repository uwnlp/qamr",
            "MIT", "9a29e6dc2fb71dca279e8e19cc3b77402990eb0a8cd98944bd8eba6a6acba9ec",
        ),
        Source(
            "policyqa", "reading/policyqa.tar.xz",
            "PolicyQA, dev and test: Ahmad et al. 2020, repository wasiahmad/PolicyQA",
            "MIT", "431773bcdaf4e7e393c81cfe63061b03e0fe0292a3f26ac4dbe623a29376e3f8",
        ),
        Source(
            "spider", "text2sql/spider-train.tar.xz",
            "Spider, the training set: Yu et al. 2018, the Spider project's page; databases rebuilt from a cleaned release",
            "CC BY-SA 4.0", "e108343b47931178004bab2e3dc1ecea3ad440edb1cffe8a8aa877867a31f6c8",
        ),
        Source(
            "wikisql", "text2sql/wikisql-train-dev.json.xz",
            "WikiSQL, train and dev: Zhong et al. 2017, as collected in the repository jkkummerfeld/text2sql-data",
            "BSD-3-Clause", "f1a5e4d6c9bdaa11d720c65d1b01c79a98e9a55ebf1a062ce7012086b636b2f4",
        ),
        Source(
            "geography", "text2sql/geography.tar.xz",
            "GeoQuery, train and dev: Zelle and Mooney 1996, as collected in the repository jkkummerfeld/text2sql-data",
            "shared by its authors for research", "ad0f21ea77a0275a21b5d1ab0be2d8e1a3d846311dab3e8baad8d66fd5637738",
        ),
        Source(
            "restaurants", "text2sql/restaurants.tar.xz",
            "Restaurants: Tang and Mooney 2000, as collected in the repository jkkummerfeld/text2sql-data",
            "shared by its authors for research", "b6a87b9f93232d143e95a90dbab3b48c035fb9e5339d2dfc0de1c1b737551078",
        ),
        Source(
            "mawps", "math/mawps.tar.xz",
            "MAWPS, Alg514 and DRAW-1K: Koncel-Kedziorski et al. 2016 and others, as collected in the repository LYH-YF/MWPToolkit",
            "MIT", "865c3cca0fc7c3ce4c0ee335b5e965959be1831200da91c9f557a9f6d03221e4",
        ),
        Source(
            "gsm8k", "math/gsm8k-train.jsonl.xz",
            "GSM8K, the training set: Cobbe et al. 2021, repository openai/grade-school-math",
            "MIT", "9d7df16434c5753b4a348378a580c25dac92632fd8f4bdd74525ebc77be1e73a",
        ),
        Source(
            "openstax", "text/openstax.tar.xz",
            "OpenStax, plain text of 30 open textbooks: the OpenStax project's books",
            "CC BY 4.0", "e2634d3e063512ec18af340f0dc21d4efeca2b05594deb014d23602719375ace",
        ),
    )
}  # fmt: skip


class Files(dict[str, bytes]):
    """The files of a set by their path inside it."""

    def one(self, ending: str) -> bytes:
        """The one file whose path ends with `ending`, whole path components only; "" is a set's only file."""
        found = [path for path in self if not ending or f"/{path}".endswith(f"/{ending}")]
        if len(found) != 1:
            raise SourceError(f"expected one file {ending!r}, found {found or sorted(self)[:20]}")
        return self[found[0]]

    def text(self, ending: str = "") -> str:
        return self.one(ending).decode("utf-8")


def open_source(folder: Path, name: str) -> Files:
    """The files of a set that lies in `folder`, compressed (the checksum must be right) or unpacked. Raises SourceError."""
    if name not in SOURCES:
        raise SourceError(f"unknown data set {name!r}; have {sorted(SOURCES)}")
    source = SOURCES[name]
    packed, unpacked = folder / source.file, folder / source.unpacked
    if packed.is_file():
        return _unpack(_verified(packed, source))
    if unpacked.is_dir():
        return Files({path.relative_to(unpacked).as_posix(): path.read_bytes() for path in sorted(unpacked.rglob("*")) if path.is_file()})
    if unpacked.is_file():
        return Files({unpacked.name: unpacked.read_bytes()})
    raise SourceError(f"{packed} is missing, and so is {unpacked}: put {source.origin} there")


@contextmanager
def source_folder(folder: Path, name: str) -> Iterator[Path]:
    """A set of several files as a folder of its own, for readers that open files by path; it is gone afterwards."""
    with TemporaryDirectory() as temporary:
        for path, content in open_source(folder, name).items():
            place = Path(temporary, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        yield Path(temporary)


def _verified(path: Path, source: Source) -> bytes:
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != source.sha256:
        raise SourceError(f"{path} is not the file that was meant: its SHA-256 is {found}, expected {source.sha256}")
    return content


def _unpack(content: bytes) -> Files:
    inside = lzma.decompress(content)
    try:
        with tarfile.open(fileobj=BytesIO(inside)) as archive:
            return Files({member.name: archive.extractfile(member).read() for member in archive if member.isfile()})  # type: ignore[union-attr]
    except tarfile.ReadError:
        return Files({"": inside})
