//! Coordinate sort and duplicate marking in the stream.
