"""``next_tokens``: what a model of the next token expects at each place of a text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from dlrun.config.problem import problem
from dlrun.config.schema.fields import integer, text
from dlrun.inspection.methods._base import Found, RowsMethod
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.inspection.subject import Subject

BATCH = 64


@register("method", "next_tokens")
@dataclass(frozen=True)
class NextTokens(RowsMethod):
    """The most probable next tokens at each place of a text, with their probabilities.

    The text is your own (`prompt`) or rows of the run's data. At each place the network sees what stands before it, up
    to the length of its window; before a shorter text its first token is repeated, as in `dlrun generate`.
    """

    files: ClassVar[bool] = False
    prompt: str = text("", "A text of your own.")
    k: int = integer(5, "How many tokens at each place.", low=1, high=100)
    places: int = integer(40, "The last places of each text.", low=1, high=1000)
    count: int = integer(1, "How many rows, evenly spaced, where rows are not named and there is no prompt.", low=1)

    def inspect(self, subject: Subject) -> Found:
        from dlrun.record.token_table import save_token_table, shown

        texts = self._texts(subject)
        found: dict[str, Any] = {}
        lines: list[str] = []
        for name, ids in texts.items():
            places = self._expected(subject, ids)
            subject.save(name, partial(save_token_table, places=[place for place, _ in places]))
            found[name] = [{"after": place.after, "next": place.there or None, "probability": share,
                            "top": [{"token": token, "probability": one} for token, one in place.top]}
                           for place, share in places]
            lines.append(f"{name}:")
            width = max(len(shown(place.after)) for place, _ in places)
            lines += [f"  {shown(place.after):{width}}  " + "  ".join(f"{shown(token)} {100 * one:.0f} %"
                                                                      for token, one in place.top)
                      for place, _ in places]
        return Found({"texts": found}, lines)

    def _texts(self, subject: Subject) -> dict[str, list[int]]:
        """Ids by the name of a text.  Raises ConfigError for a run of another task."""
        from dlrun.data import preprocessing_state as preprocessing
        from dlrun.inspection.rows import part_of, spread

        words = preprocessing.vocabulary(subject.run.kept)
        if words is None or not subject.run.data_spec.next_token:
            raise problem(f"inspect {self.kind}", f"task={subject.run.config.task.kind} expects no next token; task="
                                                  "next_token on a text does")
        if self.prompt:
            ids = words.encode(self.prompt)
            if not ids:
                raise problem(f"prompt={self.prompt}", f"no {words.noun} of it is one that the run knows")
            return {"prompt": ids}
        part, split = part_of(subject.prepared, self.part)
        if wrong := [row for row in self.rows if row >= len(split)]:
            raise problem(f"rows={wrong[0]}", f"expected rows from 0 to {len(split) - 1:,}, of the {part} part")
        assert split.rows is not None and split.form.windows is not None
        length = split.form.windows.length
        return {f"{part} {row}": split.x[split.rows[row]:split.rows[row] + length].tolist()
                for row in self.rows or spread(len(split), self.count)}

    def _expected(self, subject: Subject, ids: list[int]) -> list[tuple[Any, float | None]]:
        """The places of a text, and the probability of the token that is there."""
        import torch

        from dlrun.data import preprocessing_state as preprocessing
        from dlrun.record.token_table import Place
        from dlrun.tasks.next_token.writing import form_of, next_logits, window

        run = subject.run
        words = preprocessing.vocabulary(run.kept)
        assert words is not None
        ends = range(max(1, len(ids) + 1 - self.places), len(ids) + 1)
        windows = [window(ids[:end], run.data_spec.input_shape[-1]) for end in ends]
        shares = torch.cat([torch.softmax(next_logits(run.model, form_of(run.kept), windows[begin:begin + BATCH],
                                                      torch.device("cpu")).double(), 1)
                            for begin in range(0, len(windows), BATCH)])
        found: list[tuple[Any, float | None]] = []
        for row, end in zip(shares, ends):
            top = row.topk(min(self.k, len(row)))
            tokens = [(words.words[place], float(share)) for share, place in zip(top.values, top.indices.tolist())]
            there = ids[end] if end < len(ids) else None
            found.append((Place(words.words[ids[end - 1]], tokens, "" if there is None else words.words[there]),
                          None if there is None else float(row[there])))
        return found
