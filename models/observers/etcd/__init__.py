"""etcd: what its log says of the steps of models/etcd_raft.py."""

from elcheck.models.observers.etcd.observer import EtcdObserver

__all__ = ["EtcdObserver"]
