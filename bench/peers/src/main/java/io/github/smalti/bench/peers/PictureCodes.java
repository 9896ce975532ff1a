package io.github.smalti.bench.peers;

import java.io.IOException;
import java.util.Arrays;
import java.util.Map;

/// The random codes that image codecs draw.
///
/// @param pictures     how many grids
/// @param side         rows and columns of each
/// @param codebookSize codes there are
record PictureCodes(int pictures, int side, int codebookSize) {
    /// The codes of all pictures.
    int[] all() {
        double half = codebookSize / 2.0;
        float[] random = Numbers.uniform(11, pictures * side * side, half);
        int[] codes = new int[random.length];
        for (int i = 0; i < codes.length; i++) codes[i] = (int) (random[i] + half);
        return codes;
    }

    /// The codes of each picture.
    int[][] each() {
        int[] all = all();
        int count = side * side;
        int[][] codes = new int[pictures][];
        for (int i = 0; i < pictures; i++) codes[i] = Arrays.copyOfRange(all, i * count, (i + 1) * count);
        return codes;
    }

    /// The input of a network.
    Map<String, Network.Input> inputs() {
        long[] codes = Arrays.stream(all()).asLongStream().toArray();
        return Map.of("x", new Network.Input(null, codes, codes.length));
    }

    /// A row of the table for each code, (pictures, width, side, side).
    String lookUp(Graph graph, float[] table, int width) throws IOException {
        String rows = graph.lookUp(graph.constant(table, codebookSize, width), graph.input());
        return graph.permute(graph.reshape(rows, pictures, side, side, width), 0, 3, 1, 2);
    }
}
