"""The report as one HTML file: what came out, each trace as a picture, and the source beside it."""
