"""What the normalising layers share: the sentences of their fields."""

from __future__ import annotations

EPS_DOC = "added to the variance"
AFFINE_DOC = "whether a learned scale and shift follow"
