"""Composed scenes of 3D emoji: the art, the words, the pictures."""
