//! Germline small-variant caller: regions, assembly, PairHMM, genotypes.
