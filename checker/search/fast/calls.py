"""What Python calls of compiled code."""

from __future__ import annotations

from elcheck.checker.search.fast import compiled, hashing, lists, mail, tarjan
from elcheck.checker.search.fast import search as searching
from elcheck.checker.search.fast.compiled import from_python

search = from_python(searching.search)
ahead = from_python(searching.ahead)
settle = from_python(searching.settle)
begin = from_python(searching.begin)
find = from_python(hashing.find)
put = from_python(hashing.put)
rehash_pairs = from_python(hashing.rehash_pairs)
rehash_entries = from_python(hashing.rehash_entries)
hash_rows = from_python(hashing.hash_rows)
intern = from_python(mail.intern)
id_of = from_python(lists.id_of)
tight = from_python(lists.tight)
components = from_python(compiled.compiled(tarjan.components))
