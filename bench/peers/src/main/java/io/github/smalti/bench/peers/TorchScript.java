package io.github.smalti.bench.peers;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/// A TorchScript archive of one module: its program as text and empty lists for its weights, tensors and packed int8.
///
/// The module takes each weight once, `forward(x, weight)`, converts and keeps it; with an empty weight it computes.
/// So weights of types that DJL cannot make (bfloat16, packed int8) are made by libtorch itself.
final class TorchScript {
    private static final String MODULE = """
            class Work(Module):
              __parameters__ = []
              __buffers__ = []
              training : bool
              weights : List[Tensor]
              packed : List[__torch__.torch.classes.quantized.LinearPackedParamsBase]
              def forward(self: __torch__.Work,
                x: Tensor,
                w: Tensor) -> Tensor:
                weights = self.weights
                packed = self.packed
                if torch.gt(torch.numel(w), 0):
            %s
                  y = x
                else:
            %s
                return y
            """;

    /// Lines that append a matrix (outputs, inputs) or (1, outputs, inputs) to `packed`, as int8 with a scale per output.
    static final String PACK = """
            matrix = torch.reshape(w, [-1, torch.size(w, -1)])
            scale = torch.div(torch.amax(torch.abs(matrix), [1], False), 127.)
            zero = torch.to(torch.zeros_like(scale), 4)
            q = torch.quantize_per_channel(matrix, scale, zero, 0, 12)
            _0 = torch.append(packed, ops.quantized.linear_prepack(q, None))""";

    private TorchScript() {}

    /// The products of workload A. Their results are collected: libtorch would leave out what nobody reads.
    static byte[] products(String dtype) {
        return switch (dtype) {
            case "f32" -> archive("_0 = torch.append(weights, torch.clone(w))", """
                    results = annotate(List[Tensor], [])
                    for i in range(torch.len(weights)):
                      _1 = torch.append(results, torch.linear(x, weights[i]))
                    y = results[-1]""");
            case "bf16" -> archive("_0 = torch.append(weights, torch.to(w, 15))", """
                    h = torch.to(x, 15)
                    results = annotate(List[Tensor], [])
                    for i in range(torch.len(weights)):
                      _1 = torch.append(results, torch.linear(h, weights[i]))
                    y = torch.to(results[-1], 6)""");
            case "int8" -> archive(PACK, """
                    results = annotate(List[Tensor], [])
                    for i in range(torch.len(packed)):
                      _1 = torch.append(results, ops.quantized.linear_dynamic(x, packed[i], False))
                    y = results[-1]""");
            default -> throw new UnsupportedOperationException("no products of " + dtype);
        };
    }

    /// An archive.
    ///
    /// @param keep    lines that append `w` to `weights` or `packed`
    /// @param compute lines that compute `y` of `x`, `weights` and `packed`
    static byte[] archive(String keep, String compute) {
        String code = MODULE.formatted(keep.indent(6).stripTrailing(), compute.indent(6).stripTrailing());
        var bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            entry(zip, "data.pkl", module());
            entry(zip, "code/__torch__.py", code.getBytes(StandardCharsets.UTF_8));
            entry(zip, "constants.pkl", latin("\u0080\2)."));
            entry(zip, "version", latin("10\n")); // the first whose gelu has a choice of formulas
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /// Pickle, protocol 2: a new object of the class and its attributes.
    private static byte[] module() {
        return latin("\u0080\2c__torch__\nWork\n)\u0081}(" + name("training") + "\u0089" + name("weights") + "]"
                + name("packed") + "]ub.");
    }

    private static String name(String text) { return "X" + (char) text.length() + "\0\0\0" + text; }

    private static byte[] latin(String text) { return text.getBytes(StandardCharsets.ISO_8859_1); }

    private static void entry(ZipOutputStream zip, String name, byte[] content) throws IOException {
        CRC32 sum = new CRC32();
        sum.update(content);
        ZipEntry entry = new ZipEntry("work/" + name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCrc(sum.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }
}
