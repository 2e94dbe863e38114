"""PySyncObj: what its logs say of the steps of models/raft.py."""

from elcheck.models.observers.pysyncobj.observer import PySyncObjObserver

__all__ = ["PySyncObjObserver"]
