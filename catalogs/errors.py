"""What can go wrong with a catalog. Every message says what happened and what to do next."""

from __future__ import annotations


class CatalogError(Exception):
    """Base of all errors of this room."""


class NoCatalog(CatalogError):
    """There is no catalog at the place named."""


class BadPlace(CatalogError):
    """The place named cannot hold a catalog: a file, a folder of other things, or no file system."""


class NoFrames(CatalogError):
    """The catalog holds no frames for face training, or smaller ones than asked for."""


class NoWindows(CatalogError):
    """The catalog holds nothing that windows of motion can be drawn from, or not as asked for."""


class NoStatistics(CatalogError):
    """The catalog holds no statistics of its latents, or clips have changed since they were computed."""


class CatalogBusy(CatalogError):
    """Another process is writing to the catalog."""


class CatalogDamaged(CatalogError):
    """The folder's state cannot come from a run that was merely killed."""


class NoSpace(CatalogError):
    """The disk is full."""


class RecipeMismatch(CatalogError):
    """The catalog was made with another recipe."""


class VersionMismatch(CatalogError):
    """The catalog was written with another version of the table schemas."""


class SchemaError(CatalogError):
    """Values do not fit a table; the message names the table and the column."""


class BadSpan(CatalogError):
    """The tables of one span are unreadable or contradict each other."""
