"""GANs and VAEs: what they make of latent vectors that stay the same during the run."""

from __future__ import annotations

from dlrun.models.composite import Gan, Vae, fixed_latents, sample
from dlrun.tasks._base.view import View

SAMPLES = 36


def grid(view: View) -> None:
    """Samples of the same latent vectors at each showing, so that one sees them change."""
    model = view.model
    assert isinstance(model, (Gan, Vae))
    if not view.images:
        return
    from dlrun.record.pictures import save_batch

    made = sample(model, fixed_latents(SAMPLES, model, view.config.seed)).float().cpu().numpy()
    view.save("samples", lambda path: save_batch(path, made, columns=6), numbered=True)
