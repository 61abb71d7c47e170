"""`chironomy card`: what a model's card says, and figures into it."""

from __future__ import annotations

from pathlib import Path

import typer


def run_card(model: Path, figures: Path | None, title: str, as_json: bool) -> None:
    """Prints the card, after adding figures where there are some."""
    from ..nets.model_card import add_figures, read_card, read_figures, readable

    if (figures is None) != (not title):
        raise typer.BadParameter("--figures needs a --title for their table, and the other way round")
    card = read_card(model) if figures is None else add_figures(model, read_figures(figures, title))
    print(card.model_dump_json() if as_json else readable(card))
