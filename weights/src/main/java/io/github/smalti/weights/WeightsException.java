package io.github.smalti.weights;

/// A checkpoint or configuration file that is missing, damaged, hostile, foreign or of another shape than asked for.
public final class WeightsException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private static final int MAX_MESSAGE = 1900;

    /// Creates the exception; control characters of foreign text are escaped and long messages cut.
    ///
    /// @param file   the file's name
    /// @param tensor the tensor's name, or "" if the fault concerns the whole file
    /// @param detail what was expected, what was found and what to do
    public WeightsException(String file, String tensor, String detail) { this(file, tensor, detail, null); }

    /// Creates the exception with a cause.
    ///
    /// @param file   the file's name
    /// @param tensor the tensor's name, or ""
    /// @param detail what was expected, what was found and what to do
    /// @param cause  the fault behind it
    public WeightsException(String file, String tensor, String detail, Throwable cause) {
        super(message(file, tensor, detail), cause);
    }

    private static String message(String file, String tensor, String detail) {
        String text = (tensor.isEmpty() ? "" : tensor + " in ") + file + ": " + detail;
        var out = new StringBuilder(Math.min(text.length(), MAX_MESSAGE + 8));
        for (int i = 0; i < text.length() && out.length() < MAX_MESSAGE; i++) {
            char c = text.charAt(i);
            boolean odd = Character.isISOControl(c) || Character.isSurrogate(c)
                    || Character.getType(c) == Character.FORMAT || c == '\u2028' || c == '\u2029';
            if (odd) {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        if (out.length() >= MAX_MESSAGE) out.append("…");
        return out.toString();
    }
}
