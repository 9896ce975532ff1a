package io.github.smalti.transformer;

import io.github.smalti.core.Compute;
import io.github.smalti.core.layer.SparseKeyValues;

/// The tokens of one pass through a decoder-only transformer: neighbouring positions of some texts, or of some images.
///
/// Streams are images, those of the first text before those of the second. Belongs to one session; not thread-safe.
final class PassRows {
    private final int[] streamOf;
    private final int[] textOf;
    private final int[] positions;
    private boolean isText;
    private int count;
    private int first;
    private int perStream;

    /// Makes room.
    ///
    /// @param most rows of the largest pass
    PassRows(int most) {
        streamOf = new int[most];
        textOf = new int[most];
        positions = new int[most];
    }

    /// Takes positions of all texts.
    ///
    /// @param texts how many there are
    /// @param from  first position
    /// @param to    position after the last
    void takeTexts(int texts, int from, int to) {
        isText = true;
        take(0, texts, from, to, 1);
    }

    /// Takes positions of some images.
    ///
    /// @param firstStream   the first image
    /// @param streams       how many
    /// @param from          first position in the cache of the image
    /// @param to            position after the last
    /// @param imagesPerText so many of them belong to the first text
    void takeImages(int firstStream, int streams, int from, int to, int imagesPerText) {
        isText = false;
        take(firstStream, streams, from, to, imagesPerText);
    }

    private void take(int firstStream, int streams, int from, int to, int streamsPerText) {
        first = firstStream;
        perStream = to - from;
        count = streams * perStream;
        for (int row = 0; row < count; row++) {
            streamOf[row] = firstStream + row / perStream;
            textOf[row] = streamOf[row] / streamsPerText;
            positions[row] = from + row % perStream;
        }
    }

    /// Lets each row attend to what it sees, after storing its key and value.
    ///
    /// @param cache   of one layer
    /// @param compute what to compute with
    /// @param scale   factor of the scores
    /// @param qkv     queries, keys and values, (rows, 3 · dModel)
    /// @param out     results, (rows, dModel)
    void attend(SparseKeyValues cache, Compute compute, float scale, float[] qkv, float[] out) {
        if (isText) {
            cache.putAndAttendText(compute, qkv, textOf, positions, count, scale, out);
        } else {
            cache.putAndAttendImage(compute, qkv, streamOf, textOf, positions, count, scale, out);
        }
    }

    /// Number of rows.
    int count() { return count; }

    /// The first stream of the pass.
    int firstStream() { return first; }

    /// Streams of the pass.
    int streams() { return count / perStream; }

    /// The stream of a row.
    int stream(int row) { return streamOf[row]; }

    /// The text of a row.
    int text(int row) { return textOf[row]; }

    /// The position of a row in its text or in the cache of its image.
    int position(int row) { return positions[row]; }

    /// The last row of one of the streams.
    ///
    /// @param index counted from the first stream of the pass
    int lastRow(int index) { return (index + 1) * perStream - 1; }
}
