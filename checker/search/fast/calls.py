"""The functions of compiled code that Python calls."""

from __future__ import annotations

from elcheck.checker.search.fast import compiled, hashing, ids, mailboxes, store, tarjan
from elcheck.checker.search.fast import search as searching
from elcheck.checker.search.fast.compiled import from_python

search = from_python(searching.search)
expand_batch = from_python(searching.expand_batch)
store_batch = from_python(store.store_batch)
store_initial = from_python(store.store_initial)
put_all = from_python(hashing.put_all)
rehash_pairs = from_python(hashing.rehash_pairs)
rehash_entries = from_python(hashing.rehash_entries)
hash_rows = from_python(hashing.hash_rows)
intern = from_python(mailboxes.intern)
id_of = from_python(ids.id_of)
is_tight = from_python(ids.is_tight)
components = from_python(compiled.compiled(tarjan.components))
