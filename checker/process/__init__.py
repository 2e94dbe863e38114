"""The process that everything runs in: its time and memory, its signals, its streams, the files it writes."""
