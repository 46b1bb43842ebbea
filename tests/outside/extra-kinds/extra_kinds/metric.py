"""A metric of the user's choice."""


class Worst:
    """The largest error of any row."""

    label, direction = "worst error", "min"

    def reset(self):
        self.worst = 0.0

    def update(self, outputs, targets):
        self.worst = max(self.worst, float((outputs - targets).abs().max()))

    def compute(self):
        return self.worst
