"""A callback with a state of its own."""

from dlrun.api.kinds import Callback


class Watchful(Callback):
    """Ends the run after the eleventh update that followed an epoch, counted over its interruptions."""

    def __init__(self):
        self.count, self.after_an_epoch = 0, False

    def epoch(self, row, best):
        self.after_an_epoch = True

    def update(self, step):
        self.count += self.after_an_epoch
        if self.count == 11:
            self.stop(f"the eleventh update after the first epoch, at step {step}")

    def state_dict(self):
        return {"count": self.count, "after_an_epoch": self.after_an_epoch}

    def load_state_dict(self, state):
        self.count, self.after_an_epoch = state["count"], state["after_an_epoch"]
