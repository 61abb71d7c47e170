"""The ways in which a recording may contain a text, as a network of phone models.

Between any two words there may be silence, noise or speech that the text does not have, and any word may be missing.
A boundary j lies before word j; boundary W is the end. Its *rest* is the point where the voice may pause: from a rest
one goes to a filler and back, into the next word, or past it (which costs `SKIP_COST`).

At the edges of words the phones depend on what is beside them, so the first and the last phone of a word exist twice:
with the neighbouring word's phone as context, joined directly, and with silence, joined through the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .acoustic_model import (
    SILENCE,
    WORD_BEGIN,
    WORD_END,
    WORD_INTERNAL,
    WORD_SINGLE,
    AcousticModel,
)

#: The ways in which one word may be said, each a tuple of the model's phones.
Pronunciations = Sequence[tuple[str, ...]]

#: Cost in nats of leaving a word out, of each filler, and of each frame of foreign speech, which the text does not
#: have. Measured on 50 recordings with words put into and taken out of their texts, and on synthetic speech with noise
#: of 5 to 30 dB: cheaper ones lose words in noise, dearer ones squeeze in words that nobody says.
SKIP_COST = 60.0
#: Leaving any number of words out costs no more than this: as much as six seconds of foreign speech.
JUMP_COST = 2400.0
FOREIGN_FRAME_COST = 4.0
FILLER_COSTS = {SILENCE: 2.0, "+NSN+": 8.0, "": 12.0}

FILLER = -1
"""Stands in `Graph.word` for the phones that belong to no word."""


@dataclass(frozen=True)
class Graph:
    """N phones in context, W words. A source below N is the end of that phone; then come M meets, then W + 1 rests."""

    n_words: int
    senones: NDArray[np.int32]
    """[U]: the senones that the graph needs."""
    columns: NDArray[np.int32]
    """[N, 3]: for each state, which of `senones` makes its sound; U stands for foreign speech."""
    phone: NDArray[np.int32]
    """[N]: phone without context; −1 for foreign speech."""
    word: NDArray[np.int32]
    """[N]: which word; FILLER for none."""
    boundary: NDArray[np.int32]
    """[N]: the boundary that a filler stands at, or the word."""
    stay: NDArray[np.float32]
    """[N, 3]: log probability of another frame in the state."""
    leave: NDArray[np.float32]
    """[N, 3]: log probability of going on."""
    source: NDArray[np.int32]
    """[N]: where a phone is entered from."""
    entry_cost: NDArray[np.float32]
    """[N]: what entering costs."""
    meeting: NDArray[np.int32]
    """The phones that end at each meet, one meet after the other …"""
    meet_start: NDArray[np.int32]
    """[M]: … and where each meet begins in `meeting`."""
    resting: NDArray[np.int32]
    """The same for the phones that end at the rests 0 … W."""
    rest_start: NDArray[np.int32]
    """[W + 1]."""

    @property
    def n_phones(self) -> int:
        return len(self.word)

    @property
    def first_rest(self) -> int:
        return self.n_phones + len(self.meet_start)


@dataclass
class _Builder:
    model: AcousticModel
    words: Sequence[Pronunciations]
    phone: list[int] = field(default_factory=list)
    sequence: list[int] = field(default_factory=list)
    word: list[int] = field(default_factory=list)
    boundary: list[int] = field(default_factory=list)
    source: list[tuple[str, int]] = field(default_factory=list)
    entry_cost: list[float] = field(default_factory=list)
    meets: list[list[int]] = field(default_factory=list)
    joins: list[list[int]] = field(default_factory=list)
    rests: list[list[int]] = field(default_factory=list)

    def add(
        self, phone: int, sequence: int, word: int, boundary: int, source: tuple[str, int], cost: float = 0.0
    ) -> int:
        self.phone.append(phone)
        self.sequence.append(sequence)
        self.word.append(word)
        self.boundary.append(boundary)
        self.source.append(source)
        self.entry_cost.append(cost)
        return len(self.phone) - 1

    def add_fillers(self, boundary: int) -> None:
        for label, cost in FILLER_COSTS.items():
            number = self.model.phone_number(label) if label else -1
            self.rests[boundary].append(self.add(number, number, FILLER, boundary, ("rest", boundary), cost))

    def add_pronunciation(self, index: int, labels: tuple[str, ...]) -> None:
        numbers = [self.model.phone_number(label) for label in labels]
        silence = self.model.phone_number(SILENCE)
        lefts = [("rest", silence)]
        if index > 0:
            lefts.append(("join", self.model.phone_number(self.words[index - 1][0][-1])))
        rights = [("rest", silence)]
        if index < len(self.words) - 1:
            rights.append(("join", self.model.phone_number(self.words[index + 1][0][0])))
        last = len(numbers) - 1
        before: list[int] = []
        for position, number in enumerate(numbers):
            place = _place(position, last)
            here: list[int] = []
            source = self._meet(before) if position else ("", 0)
            for left_kind, left in lefts if position == 0 else [("", numbers[position - 1])]:
                for right_kind, right in rights if position == last else [("", numbers[position + 1])]:
                    sequence = self.model.sequence_of(place, number, left, right)
                    entry = (left_kind, index) if left_kind else source
                    node = self.add(number, sequence, index, index, entry)
                    here.append(node)
                    if right_kind:
                        (self.rests if right_kind == "rest" else self.joins)[index + 1].append(node)
            before = here

    def _meet(self, nodes: list[int]) -> tuple[str, int]:
        if len(nodes) == 1:
            return "phone", nodes[0]
        self.meets.append(nodes)
        return "meet", len(self.meets) - 1

    def build(self) -> Graph:
        n_words = len(self.words)
        self.rests = [[] for _ in range(n_words + 1)]
        self.joins = [[] for _ in range(n_words + 1)]
        for index, pronunciations in enumerate(self.words):
            self.add_fillers(index)
            for labels in pronunciations:
                self.add_pronunciation(index, labels)
        self.add_fillers(n_words)
        return self._finished(n_words)

    def _finished(self, n_words: int) -> Graph:
        join_number: dict[int, int] = {}
        for boundary, nodes in enumerate(self.joins):
            if nodes:
                join_number[boundary] = len(self.meets)
                self.meets.append(nodes)
        n_phones, first_rest = len(self.phone), len(self.phone) + len(self.meets)

        def number_of(source: tuple[str, int]) -> int:
            kind, index = source
            if kind == "phone":
                return index
            if kind == "rest":
                return first_rest + index
            return n_phones + (index if kind == "meet" else join_number[index])

        phone = np.array(self.phone, np.int32)
        sequence = np.array(self.sequence, np.int32)
        foreign = phone < 0
        needed = self.model.senone_sequences[sequence]
        # the phones without context are always scored: foreign speech and confidence are measured against them
        context_free = self.model.senone_sequences[: len(self.model.phones)]
        senones, columns = np.unique(np.concatenate([needed.ravel(), context_free.ravel()]), return_inverse=True)
        columns = columns[: needed.size].reshape(needed.shape)
        columns[foreign] = len(senones)
        return Graph(
            n_words=n_words,
            senones=senones.astype(np.int32),
            columns=columns.astype(np.int32),
            phone=phone,
            word=np.array(self.word, np.int32),
            boundary=np.array(self.boundary, np.int32),
            stay=self.model.stay[phone],
            leave=self.model.leave[phone],
            source=np.array([number_of(source) for source in self.source], np.int32),
            entry_cost=np.array(self.entry_cost, np.float32),
            meeting=np.array([node for meet in self.meets for node in meet], np.int32),
            meet_start=_starts(self.meets),
            resting=np.array([node for rest in self.rests for node in rest], np.int32),
            rest_start=_starts(self.rests),
        )


def _place(position: int, last: int) -> int:
    if last == 0:
        return WORD_SINGLE
    return {0: WORD_BEGIN, last: WORD_END}.get(position, WORD_INTERNAL)


def _starts(lists: list[list[int]]) -> NDArray[np.int32]:
    return np.cumsum([0, *(len(entries) for entries in lists[:-1])])[: len(lists)].astype(np.int32)


def graph_of(model: AcousticModel, words: Sequence[Pronunciations]) -> Graph:
    """The graph of a text: at least one word, each with at least one pronunciation of at least one phone."""
    return _Builder(model, words).build()
