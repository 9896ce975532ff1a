package io.github.smalti.weights.internal;

import io.github.smalti.weights.internal.PickleValue.Dict;
import io.github.smalti.weights.internal.PickleValue.InertObject;
import io.github.smalti.weights.internal.PickleValue.None;
import io.github.smalti.weights.internal.PickleValue.Sequence;
import io.github.smalti.weights.internal.PickleValue.TensorRef;
import io.github.smalti.weights.internal.PickleValue.Text;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;

/// The closed list of callables of [PickleMachine]; each is a few lines of our own that fill a record.
///
/// Arguments as in PyTorch's `_utils.py` and `_weights_only_unpickler.py`.
final class PickleCalls {
    private static final String TENSOR = "torch._utils._rebuild_tensor";
    private static final String TENSOR_2 = "torch._utils._rebuild_tensor_v2";
    private static final String TENSOR_3 = "torch._utils._rebuild_tensor_v3";
    private static final String PARAMETER = "torch._utils._rebuild_parameter";
    private static final String ORDERED_DICT = "collections.OrderedDict";
    private static final String DEFAULT_DICT = "collections.defaultdict";
    private static final String COUNTER = "collections.Counter";
    private static final String SIZE = "torch.Size";
    /// Callables whose results nobody reads.
    private static final Set<String> INERT = Set.of("torch.device", "numpy.dtype", "numpy.core.multiarray.scalar",
            "numpy._core.multiarray.scalar", "_codecs.encode", "builtins.set", "__builtin__.set");
    private static final Set<String> READ = Set.of(TENSOR, TENSOR_2, TENSOR_3, PARAMETER, ORDERED_DICT, DEFAULT_DICT,
            COUNTER, SIZE);

    private final PickleInput in;
    private int copied;

    /// @param in for messages
    PickleCalls(PickleInput in) { this.in = in; }

    /// Whether a callable is on the list.
    ///
    /// @param name module and name
    static boolean allows(String name) { return READ.contains(name) || INERT.contains(name); }

    /// Calls one that is on the list.
    ///
    /// @param name      module and name
    /// @param arguments a tuple
    PickleValue call(String name, PickleValue arguments) {
        if (!(arguments instanceof Sequence tuple) || tuple.isList()) {
            throw in.fault("calls " + name + " with " + arguments.kind() + ", expected a tuple of arguments");
        }
        List<PickleValue> a = tuple.values();
        return switch (name) {
            case TENSOR -> tensor(arity(name, a, 4, 4), None.NONE);
            case TENSOR_2 -> tensor(arity(name, a, 6, 7), None.NONE);
            case TENSOR_3 -> tensor(arity(name, a, 7, 8), a.get(6));
            case PARAMETER -> {
                PickleValue data = arity(name, a, 3, 3).getFirst();
                if (data instanceof TensorRef) yield data;
                throw in.fault("a parameter made of " + data.kind() + ", expected a tensor");
            }
            case ORDERED_DICT, COUNTER -> dict(name, arity(name, a, 0, 1));
            case DEFAULT_DICT -> {
                arity(name, a, 0, 2);
                yield dict(name, a.isEmpty() ? a : a.subList(1, a.size()));
            }
            case SIZE -> {
                if (arity(name, a, 1, 1).getFirst() instanceof Sequence size) yield size;
                throw in.fault("a size made of " + a.getFirst().kind() + ", expected a tuple");
            }
            default -> new InertObject(name);
        };
    }

    private List<PickleValue> arity(String name, List<PickleValue> arguments, int least, int most) {
        if (arguments.size() < least || arguments.size() > most) {
            throw in.fault("calls " + name + " with " + arguments.size() + " arguments, expected " + least + " to "
                    + most);
        }
        return arguments;
    }

    private static TensorRef tensor(List<PickleValue> a, PickleValue dtype) {
        return new TensorRef(a.get(0), a.get(1), a.get(2), a.get(3), dtype);
    }

    /// No argument, a dictionary, or a list of pairs as Python 2 wrote them.
    private PickleValue dict(String name, List<PickleValue> arguments) {
        Dict dict = new Dict(new LinkedHashMap<>());
        if (arguments.isEmpty()) return dict;
        if (arguments.getFirst() instanceof Dict given) return given;
        if (!(arguments.getFirst() instanceof Sequence pairs)) {
            throw in.fault("calls " + name + " with " + arguments.getFirst().kind() + ", expected pairs");
        }
        copied += pairs.values().size();
        if (copied > in.limits().pickleStack()) throw in.fault("more than " + in.limits().pickleStack() + " pairs");
        for (PickleValue pair : new ArrayList<>(pairs.values())) {
            if (!(pair instanceof Sequence s) || s.values().size() != 2) throw in.fault("expected a pair");
            if (s.values().getFirst() instanceof Text key) dict.entries().put(key.value(), s.values().get(1));
        }
        return dict;
    }
}
