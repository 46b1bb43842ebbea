"""Plots that several tasks have: what goes in, convolutions, latents, samples."""
