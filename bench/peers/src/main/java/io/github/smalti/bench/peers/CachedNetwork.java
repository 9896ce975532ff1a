package io.github.smalti.bench.peers;

import java.util.List;

/// A step of a decoder, whose keys and values lie in a cache for the steps to come: the input is a token of each row,
/// then the position.
interface CachedNetwork extends Network {
    /// Rows that are drawn at once.
    int rows();

    /// Positions of a row.
    int positions();

    /// Numbers of a head.
    int headSize();

    /// The input of a step.
    long[] input(int position);

    /// Each mask of the layers once.
    List<Mask> masks();

    /// Positions that a cache of fixed size has room for when it is used at a position.
    int room(int position);
}
