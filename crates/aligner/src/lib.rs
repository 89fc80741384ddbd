//! Maps read pairs to a reference: index, seeds, chains, extension, pairing.
