"""The models that come with elcheck, one file each."""
