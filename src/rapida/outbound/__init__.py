"""Calls we place: whether one is accepted, when it is dialled, and what its number may be."""
