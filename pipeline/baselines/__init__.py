"""Floors and classical rivals that a hybrid has to beat."""
