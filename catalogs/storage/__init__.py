"""Where files are written and read: six verbs over a folder, and nothing else between this project and its disks.

`open_input`, `put`, `put_if_absent`, `list`, `delete`, `uri`: what a file system and an object store can both do. No
rename, append, lock or hard link is among them, so that a class for S3, GCS or Azure needs these verbs alone; `at` is
where it would be chosen. Today there is one class, for folders of this machine or mounted into it, and `at` refuses
every other address.

A file is there whole or not at all, and never changes under a name that somebody may read: `put` gives a draft of it
elsewhere, which becomes the file when it is published. `put_if_absent` is the one step that decides between two
processes: of those that put the same name, one wins.
"""

from __future__ import annotations

from catalogs.storage.addresses import local_path
from catalogs.storage.folder import Draft, Entry, Storage, at, put, put_alone

__all__ = ["Draft", "Entry", "Storage", "at", "local_path", "put", "put_alone"]
