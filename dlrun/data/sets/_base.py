"""What a data set must have: the protocol that every file of this folder keeps, and a user's own data set may."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from dlrun.config.problem import ConfigError, Problem, problem
from dlrun.config.schema.kind import Kind
from dlrun.data.dataset_spec import DatasetInfo

if TYPE_CHECKING:
    from pathlib import Path

    from dlrun.config.schema.root import Config
    from dlrun.data.file_rows import FileRows
    from dlrun.data.form import Windows
    from dlrun.data.source import DatasetFiles, RawDataset

Say = Callable[[str], None]


class Dataset(Kind):
    """A data set: its options are the fields of the dataclass, its methods know and read it.

    A new one is a file of this folder with a frozen dataclass that is registered, says what is `known` (or `info`), and
    has `files` (decoded once and cached) or `read`.  Nothing else of dlrun names it.  NumPy is imported in the methods
    that read, so that a command is checked without it.  An option that names a file or folder is a field `file`
    (`config.schema.fields`): its content is part of a run's id, its place is not.  Options that `prepare` looks at,
    where a data set has them: `scale`, `target_scale`, and `test`, `split_seed`, `stratify` where it comes without a
    test part.

        @register("dataset", "birds")
        @dataclass(frozen=True)
        class Birds(Dataset):
            '''90 birds, 3 measurements, 2 species (Linnaeus 1758).'''        # `dlrun list` shows this line

            known: ClassVar[DatasetInfo] = DatasetInfo(
                DatasetSpec((3,), "table", "classes", ("duck", "owl")), {"train": 90})
            name: str = options.name()
            scale: str = options.table_scale()
            test: float = options.test()
            split_seed: int | str = options.split_seed()

            def files(self, data_dir, say):
                path = self.located(data_dir, "birds/birds.npy", "birds.npy")
                return DatasetFiles([path], lambda say: self._decode(path))
    """

    known: ClassVar[DatasetInfo | None] = None  # what is known of it before anything is opened
    levels: ClassVar[float] = 1.0  # the stored value of white in its pictures
    hashes: ClassVar[Mapping[str, str | tuple[str, ...]]] = {}  # SHA-256 of genuine files; another is used, with a note
    tokenized: ClassVar[bool] = False  # whether its rows come as words: what stands between blanks is one, marks too
    offline: ClassVar[bool] = False  # whether it runs without any file of a data folder
    ranked: ClassVar[bool] = False  # whether its words are stored by their rank, as Keras stores them
    suffixes: ClassVar[tuple[str, ...]] = ()  # of files of one's own that it reads from dataset.path
    reads_cells: ClassVar[bool] = False  # whether these are tables, whose cells `cells` reads
    window_key: ClassVar[str] = ""  # the option that says how long a window is, for data that lies in time
    scale: str = "any"  # where inputs lie: unit [0, 1], symmetric [-1, 1], any; an option where they can be numbers
    decides_scale: ClassVar[bool] = False  # whether scale=auto is decided by the tails of its columns
    target_scale: str = "none"  # how a target that is a number is scaled; an option where it can be
    # Options that some data sets have; the others are as it stands here.
    test: float = 0.0  # the test split that is taken from the rows: a fraction, a count, 0 for none
    test_take: str = "random"  # which rows these are: random ones, or those at the end
    group: str = ""  # the column whose equal cells belong together: they are in one part alone
    order: str = ""  # the column that rows lie in time by: the last ones are for the test
    test_path: Any = ""  # where they lie instead, apart from the others
    split_seed: int | str | None = None  # of the shuffle they are taken from; None: as they are stored
    stratify: bool = False  # whether the test split keeps the proportions of the classes
    stratifies: ClassVar[bool] = False  # whether validation rows from an end of the rows keep them, too
    crop: int = 0  # the side of the square that is cut from the middle of a picture
    # Of files of texts; other tables say themselves what is a name or a number:
    separator: str = "auto"
    header: bool | str = "auto"
    decimal: str = "auto"
    # Of words, and of running text (`unit` to `every_position`):
    form: str = "tokens"  # what texts become: tokens, one_hot, multi_hot
    num_words: int | None = None  # how many ids there are, those of the most frequent words; None: one for each word
    skip_top: int = 0  # ids below become that of unknown words, where words are ranked
    unknown: str = "token"  # what becomes of words that the vocabulary lacks: token, drop
    lower: bool = True  # whether words are lower-cased
    mask_digits: bool = False  # whether each digit of a word is written #
    maxlen: int | str | None = None  # the length that rows are padded and cut to; None: the longest training row's
    padding: str = "pre"  # where short rows are filled up: pre, post
    truncating: str = "pre"  # where long rows are cut: pre, post
    reverse: bool = False  # whether rows of words are read from their end
    unit: str = "character"  # what a text is cut into: character, word, bpe
    punctuation: str = "drop"  # what becomes of marks between words: drop, tokens
    length: int = 0  # units in a window
    every_position: bool = False  # whether the next unit is predicted at each position of the window
    fewest: ClassVar[int] = 2  # classes that its rows have, at least

    def clashes(self, config: Config, origin: Callable[[str], str]) -> Iterable[Problem]:
        """What its options and others of a configuration cannot be together."""
        if not (self.test_path or self.group or self.order):
            return ()
        from dlrun.data.split_clashes import split_clashes

        return split_clashes(self, config, origin)

    @classmethod
    def file_rows(cls) -> FileRows:
        """How files are read that a run is used on: pictures, where its inputs are any."""
        from dlrun.data.new_pictures import ROWS

        return ROWS

    @classmethod
    def claims(cls, path: Path) -> bool:
        """Whether a file with one of its `suffixes` is surely for it, by what stands at its beginning."""
        return False

    @property
    def target_given(self) -> str:
        """What the user typed that chose the target: ``dataset.target=price``."""
        return f"dataset={self.name or self.kind}"

    def info(self, data_dir: str) -> DatasetInfo | None:
        """Spec and rows, known or seen without reading it all; None where the data has to be prepared to know.

        Raises ConfigError for a file, column or class that is not there.
        """
        return self.known

    def files(self, data_dir: str, say: Say) -> DatasetFiles:
        """The files, found or downloaded, and how to decode them.  Raises ConfigError where they are not to be had."""
        raise NotImplementedError

    def read(self, data_dir: str, say: Say) -> RawDataset:
        """The data set as it is stored, from the cache of decoded arrays where it is there."""
        from dlrun.data.read import cached

        return cached(self.kind, self.hashes, self.files(data_dir, say), say)

    def select(self, source: RawDataset) -> RawDataset:
        """What the options keep of the stored data (some classes, one of its targets)."""
        return source

    def new_rows(self) -> Dataset:
        """The data set where nothing is trained on its rows: all of them may be of one class."""
        return self

    def windows(self) -> Windows | None:
        """The windows that are cut from data that lies in time; None for rows."""
        return None

    def located(self, data_dir: str, *places: str) -> Path:
        """The first of the places, relative to a data folder, that is there.  Raises ConfigError."""
        from dlrun.data import paths

        return paths.standard(self.kind, data_dir, list(places))

    def damaged(self, why: str) -> ConfigError:
        """The problem of a file that does not hold what it should, ready to raise."""
        return problem(f"dataset={self.kind}", why)
