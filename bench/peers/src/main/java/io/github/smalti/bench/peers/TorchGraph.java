package io.github.smalti.bench.peers;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// A network as the text of a TorchScript program and the weights it will be given.
final class TorchGraph implements Graph {
    private static final int BFLOAT16 = 15, FLOAT = 6;

    private final String dtype;
    private final List<Weight> weights = new ArrayList<>();
    private final StringBuilder code = new StringBuilder();
    private final Map<Mask, String> masks = new HashMap<>();
    private int names;
    private int packed;

    /// @param dtype of linear layers: f32, bf16 with inputs of bfloat16, or int8 with inputs quantised at run time
    TorchGraph(String dtype) { this.dtype = dtype; }

    /// A constant of the program.
    record Weight(float[] values, long[] shape) {}

    /// The constants in the order of the program.
    List<Weight> weights() { return weights; }

    /// The archive; it takes each constant, then computes. Matrices of bfloat16 and int8 come as (1, outputs, inputs).
    byte[] archive() {
        String clone = "_1 = torch.append(weights, torch.clone(w))";
        String keep = switch (dtype) {
            case "bf16" -> matrixOr("_0 = torch.append(weights, torch.to(torch.squeeze(w, 0), 15))", clone);
            case "int8" -> matrixOr(TorchScript.PACK, clone);
            default -> clone;
        };
        return TorchScript.archive(keep, code.toString());
    }

    private static String matrixOr(String matrix, String other) {
        return "if torch.eq(torch.dim(w), 3):\n" + matrix.indent(2) + "else:\n" + other.indent(2);
    }

    private String let(String expression, Object... arguments) {
        String name = "v" + names++;
        code.append(name).append(" = ").append(expression.formatted(arguments)).append("\n");
        return name;
    }

    @Override
    public String constant(float[] values, long... shape) {
        weights.add(new Weight(values, shape));
        return let("weights[%d]", weights.size() - packed - 1);
    }

    private String optional(float[] values) { return values == null ? "None" : constant(values, values.length); }

    @Override
    public String input() { return "x"; }

    @Override
    public String convolution(String x, float[] kernel, long[] shape, float[] bias, int stride, int padding) {
        return let("torch.conv2d(%s, %s, %s, [%d, %4$d], [%d, %5$d], [1, 1], 1)", x, constant(kernel, shape),
                optional(bias), stride, padding);
    }

    @Override
    public String linear(String x, float[] weight, int outputs, int inputs, float[] bias) {
        if (dtype.equals("f32")) {
            return let("torch.linear(%s, %s, %s)", x, constant(weight, outputs, inputs), optional(bias));
        }
        String product = dtype.equals("int8")
                ? let("ops.quantized.linear_dynamic(%s, %s, False)", x, packed(weight, outputs, inputs))
                : let("torch.to(torch.linear(torch.to(%s, %d), %s), %d)", x, BFLOAT16,
                        constant(weight, 1, outputs, inputs), FLOAT);
        return bias == null ? product : add(product, optional(bias));
    }

    /// A matrix that the module packs; it lies in a list of its own.
    private String packed(float[] matrix, int outputs, int inputs) {
        weights.add(new Weight(matrix, new long[]{1, outputs, inputs}));
        return "packed[" + packed++ + "]";
    }

    @Override
    public String groupNorm(String x, int groups, float[] scale, float[] bias, float epsilon) {
        return let("torch.group_norm(%s, %d, %s, %s, %s, True)", x, groups, optional(scale), optional(bias),
                Double.toString(epsilon));
    }

    @Override
    public String layerNorm(String x, int width, float[] scale, float[] bias, float epsilon) {
        return let("torch.layer_norm(%s, [%d], %s, %s, %s, True)", x, width, optional(scale), optional(bias),
                Double.toString(epsilon));
    }

    @Override
    public String attention(String q, String k, String v, String mask, float scale) {
        return let("torch.scaled_dot_product_attention(%s, %s, %s, %s, 0., False, scale=%s)", q, k, v,
                mask == null ? "None" : mask, Double.toString(scale));
    }

    @Override
    public String cachedAttention(Cache cache, String q, String k, String v, float scale) {
        long[] shape = {cache.rows(), cache.heads(), cache.positions(), cache.size()};
        int size = cache.rows() * cache.heads() * cache.positions() * cache.size();
        String position = let("int(torch.select(x, 0, %d))", cache.rows());
        String[] all = new String[2];
        for (int i = 0; i < 2; i++) {
            String room = constant(new float[size], shape);
            String place = let("torch.slice(%s, 2, %s, torch.add(%2$s, 1), 1)", room, position);
            let("torch.copy_(%s, %s)", place, i == 0 ? k : v);
            all[i] = let("torch.slice(%s, 2, 0, torch.add(%s, 1), 1)", room, position);
        }
        String mask = cache.mask().seesAll() ? null : mask(cache, position);
        return attention(q, all[0], all[1], mask, scale);
    }

    /// What is added to the products at a position, (1, positions up to it).
    private String mask(Cache cache, String position) {
        int count = cache.positions();
        String table = masks.computeIfAbsent(cache.mask(), mask -> {
            float[] rows = new float[count * count];
            for (int at = 0; at < count; at++) {
                System.arraycopy(mask.row(at, count), 0, rows, at * count, count);
                rows[at * count + at] = 0;
            }
            return constant(rows, count, count);
        });
        String row = let("torch.slice(%s, 0, %s, torch.add(%2$s, 1), 1)", table, position);
        return let("torch.slice(%s, 1, 0, torch.add(%s, 1), 1)", row, position);
    }

    @Override
    public String doubled(String x) { return let("torch.upsample_nearest2d(%s, None, [2., 2.])", x); }

    @Override
    public String lookUp(String table, String indices) { return let("torch.embedding(%s, %s)", table, indices); }

    @Override
    public String slice(String x, int axis, int from, int to) {
        return let("torch.slice(%s, %d, %d, %d, 1)", x, axis, from, to);
    }

    @Override
    public String concatenate(int axis, String... parts) {
        return let("torch.cat([%s], %d)", String.join(", ", parts), axis);
    }

    @Override
    public String add(String a, String b) { return let("torch.add(%s, %s)", a, b); }

    @Override
    public String multiply(String a, String b) { return let("torch.mul(%s, %s)", a, b); }

    @Override
    public String sigmoid(String x) { return let("torch.sigmoid(%s)", x); }

    @Override
    public String relu(String x) { return let("torch.relu(%s)", x); }

    @Override
    public String gelu(String x) { return let("torch.gelu(%s)", x); }

    @Override
    public String geluByTanh(String x) { return let("torch.gelu(%s, approximate=\"tanh\")", x); }

    @Override
    public String reshape(String x, long... shape) { return let("torch.reshape(%s, %s)", x, Arrays.toString(shape)); }

    @Override
    public String permute(String x, int... axes) {
        String order = Arrays.stream(axes).mapToObj(String::valueOf).collect(Collectors.joining(", ", "[", "]"));
        return let("torch.permute(%s, %s)", x, order);
    }

    @Override
    public void output(String x, long... shape) { code.append("y = ").append(x).append("\n"); }
}
