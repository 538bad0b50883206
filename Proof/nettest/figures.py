"""What was measured, beside what it must be."""
from dataclasses import dataclass


@dataclass
class Figure:
    name: str
    of: str
    value: float
    unit: str
    must: float | None = None
    aim: float | None = None

    @property
    def reached(self):
        if self.must is None:
            return ""
        if self.value > self.must:
            return "**no**"
        return "aim" if self.aim is not None and self.value <= self.aim else "yes"

    def cells(self):
        def shown(number):
            if number is None:
                return ""
            return f"{number:,.0f}" if number >= 100 or number == int(number) else f"{number:.2f}"
        bound = [f"≤ {shown(number)}" if number is not None else "" for number in (self.must, self.aim)]
        return [self.name, self.of, f"{shown(self.value)} {self.unit}", *bound, self.reached]


def table(figures):
    """Markdown, as docs/performance.md has it."""
    rows = [["id", "of", "measured", "must", "aim", "reached"], ["---"] * 6, *(one.cells() for one in figures)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
