package io.github.smalti.pipeline.internal;

import io.github.smalti.core.CounterRandom;
import io.github.smalti.transformer.CodeGenerator;
import io.github.smalti.transformer.CodeListener;
import io.github.smalti.transformer.CodeRequest;
import io.github.smalti.transformer.GenerationCancelledException;
import io.github.smalti.transformer.ImagePrompt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Draws a grid of codes of any size with a model that knows one size.
///
/// A window of the model's grid moves over the wanted one by half of its size, in reading order. Codes that are already
/// there are given to the model, the others are drawn. The first window is the ordinary drawing; each further one has a
/// seed of its own that depends on the request's seed and on where the window lies. So a code depends on its place in the
/// grid and not on who else is drawn. A grid of fewer rows stops early; one of fewer columns is cut out of the middle.
///
/// Immutable; thread-safe if the generator is.
public final class WindowedDrawing {
    private final CodeGenerator generator;
    private final int rows;
    private final int cols;
    /// Columns that are drawn: at least the model's.
    private final int wideCols;
    private final List<Window> windows = new ArrayList<>();

    /// A place of the model's grid.
    ///
    /// @param top  its first row
    /// @param left its first column
    /// @param rows its upper rows that are wanted
    private record Window(int top, int left, int rows) {}

    /// Plans a drawing.
    ///
    /// @param generator draws the windows; stays the caller's
    /// @param rows      rows of codes, at least 1
    /// @param cols      columns of codes, at least 1
    public WindowedDrawing(CodeGenerator generator, int rows, int cols) {
        this.generator = generator;
        this.rows = rows;
        this.cols = cols;
        this.wideCols = Math.max(cols, generator.gridCols());
        for (int top : starts(rows, generator.gridRows())) {
            for (int left : starts(wideCols, generator.gridCols())) {
                windows.add(new Window(top, left, Math.min(rows, generator.gridRows())));
            }
        }
    }

    /// Where windows begin: every half window, and one that ends at the edge.
    private static List<Integer> starts(int length, int window) {
        List<Integer> starts = new ArrayList<>();
        int last = Math.max(0, length - window);
        for (int start = 0; start < last; start += Math.max(1, window / 2)) starts.add(start);
        starts.add(last);
        return starts;
    }

    /// Tokens of an image, given ones included: what the listener counts.
    public int tokens() { return windows.size() * windows.getFirst().rows * generator.gridCols(); }

    /// Whether the listener sees the picture's own rows grow.
    public boolean isRowByRow() { return windows.size() == 1 && cols == wideCols; }

    /// Draws.
    ///
    /// @param request  what to draw; its image prompts are of the wanted grid
    /// @param listener called after each token, with the codes of the window
    /// @return for each of the request's images its codes, (rows, cols)
    /// @throws GenerationCancelledException if the listener says so
    public int[][] draw(CodeRequest request, CodeListener listener) {
        int left = (wideCols - cols) / 2;
        int[][] wide = new int[request.images().length][rows * wideCols];
        for (int i = 0; i < wide.length; i++) {
            ImagePrompt given = request.imagePrompt(i);
            Arrays.fill(wide[i], ImagePrompt.FREE);
            for (int at = 0; at < given.codes().size(); at++) {
                wide[i][at / cols * wideCols + left + at % cols] = given.codes().get(at);
            }
        }
        int before = 0;
        for (Window window : windows) {
            int done = before;
            drawWindow(window, request, wide, (tokens, soFar) -> listener.tokenDone(done + tokens, soFar));
            before += window.rows * generator.gridCols();
        }
        int[][] codes = new int[wide.length][rows * cols];
        for (int i = 0; i < codes.length; i++) {
            for (int row = 0; row < rows; row++) {
                System.arraycopy(wide[i], row * wideCols + left, codes[i], row * cols, cols);
            }
        }
        return codes;
    }

    private void drawWindow(Window window, CodeRequest request, int[][] wide, CodeListener listener) {
        List<ImagePrompt> given = new ArrayList<>();
        for (int[] codes : wide) given.add(given(window, codes));
        boolean isFree = given.stream().allMatch(each -> each.count() == 0);
        boolean isFirst = window.top == 0 && window.left == 0;
        var part = new CodeRequest(request.prompt(), request.negative(), request.sampling(), request.guidanceScale(),
                isFirst ? request.seed() : seed(request.seed(), window.top, window.left), request.images(),
                isFree ? List.of(ImagePrompt.NONE) : given);
        int[][] drawn = upperRows(part, window.rows, listener);
        int width = generator.gridCols();
        for (int i = 0; i < wide.length; i++) {
            for (int row = 0; row < window.rows; row++) {
                System.arraycopy(drawn[i], row * width, wide[i], (window.top + row) * wideCols + window.left, width);
            }
        }
    }

    /// What lies in a window already; below the wanted rows nothing does.
    private ImagePrompt given(Window window, int[] wide) {
        int width = generator.gridCols();
        Integer[] codes = new Integer[generator.codeCount()];
        Arrays.setAll(codes, at -> at / width < window.rows
                ? wide[(window.top + at / width) * wideCols + window.left + at % width]
                : ImagePrompt.FREE);
        return new ImagePrompt(Arrays.asList(codes));
    }

    /// Draws until enough rows are there.
    private int[][] upperRows(CodeRequest request, int wantedRows, CodeListener listener) {
        int wanted = wantedRows * generator.gridCols();
        if (wanted == generator.codeCount()) return generator.generate(request, listener);
        int[][] upper = new int[request.images().length][];
        try {
            return generator.generate(request, (tokens, soFar) -> {
                if (!listener.tokenDone(tokens, soFar)) return false;
                if (tokens < wanted) return true;
                for (int i = 0; i < upper.length; i++) upper[i] = Arrays.copyOf(soFar[i], wanted);
                return false;
            });
        } catch (GenerationCancelledException e) {
            if (upper[0] == null) throw e; // then it was the caller's listener
            return upper;
        }
    }

    /// A seed for what is drawn at a place beyond the ordinary drawing.
    ///
    /// @param seed the request's seed
    /// @param top  a row, or any number that tells uses apart
    /// @param left a column
    static long seed(long seed, int top, int left) {
        int[] words = {top, left, 1, 0}; // random numbers of codes have 0 in the third word
        CounterRandom.philox(words, (int) seed, (int) (seed >>> 32));
        return (long) words[0] << 32 | words[1] & 0xffffffffL;
    }
}
