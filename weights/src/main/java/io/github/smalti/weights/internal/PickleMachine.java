package io.github.smalti.weights.internal;

import io.github.smalti.weights.ReadLimits;
import io.github.smalti.weights.WeightsException;
import io.github.smalti.weights.internal.PickleValue.Bytes;
import io.github.smalti.weights.internal.PickleValue.Dict;
import io.github.smalti.weights.internal.PickleValue.Flag;
import io.github.smalti.weights.internal.PickleValue.GlobalName;
import io.github.smalti.weights.internal.PickleValue.Huge;
import io.github.smalti.weights.internal.PickleValue.InertObject;
import io.github.smalti.weights.internal.PickleValue.None;
import io.github.smalti.weights.internal.PickleValue.Real;
import io.github.smalti.weights.internal.PickleValue.Sequence;
import io.github.smalti.weights.internal.PickleValue.Storage;
import io.github.smalti.weights.internal.PickleValue.TensorRef;
import io.github.smalti.weights.internal.PickleValue.Text;
import io.github.smalti.weights.internal.PickleValue.Whole;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// An inert machine for pickles up to protocol 5: it builds plain data and never looks up a class or function.
///
/// Names become [GlobalName] records. A call (REDUCE, INST, OBJ) is allowed of these fifteen only, see [PickleCalls],
/// and each only fills one of our records:
///
/// | callable | result |
/// |---|---|
/// | `torch._utils._rebuild_tensor`, `_rebuild_tensor_v2`, `_rebuild_tensor_v3` | a [TensorRef], checked later |
/// | `torch._utils._rebuild_parameter` | its first argument |
/// | `collections.OrderedDict`, `collections.defaultdict`, `collections.Counter` | a [Dict] |
/// | `torch.Size` | a tuple |
/// | `torch.device`, `numpy.dtype`, `numpy.core.multiarray.scalar`, `numpy._core.multiarray.scalar`, `_codecs.encode`, `builtins.set`, `__builtin__.set` | an [InertObject] |
///
/// Any other call stops the load and is named. NEWOBJ and BUILD of unknown classes fill an inert object. Lists and
/// dictionaries alone take items. Nothing recurses; stack, marks, memo and opcodes are bounded, lengths are compared
/// with the bytes left before anything is allocated. Not thread-safe.
final class PickleMachine {
    private static final int HIGHEST_PROTOCOL = 5;

    private final PickleInput in;
    private final ReadLimits limits;
    private final boolean isInspecting;
    private final List<PickleValue> stack = new ArrayList<>();
    private final List<Integer> marks = new ArrayList<>();
    private final List<PickleValue> memo = new ArrayList<>();
    private final Map<String, GlobalUse> globals = new LinkedHashMap<>();
    private final Map<String, Storage> storages = new LinkedHashMap<>();
    private final PickleCalls calls;
    private int built;

    /// @param in           the pickle
    /// @param isInspecting whether refused calls are noted and passed over instead of stopping the load
    PickleMachine(PickleInput in, boolean isInspecting) {
        this.in = in;
        this.limits = in.limits();
        this.isInspecting = isInspecting;
        this.calls = new PickleCalls(in);
    }

    /// Every name in order of first use; complete only after [#run].
    List<GlobalUse> globals() { return List.copyOf(globals.values()); }

    /// Storages by key.
    Map<String, Storage> storages() { return storages; }

    /// Runs up to STOP.
    ///
    /// @return the object on top
    /// @throws WeightsException for anything malformed, out of bounds or not allowed
    PickleValue run() {
        for (int count = 0; count < limits.pickleOpcodes(); count++) {
            int code = in.unsignedByte();
            PickleOpcode opcode = PickleOpcode.of(code);
            if (opcode == PickleOpcode.STOP) return pop();
            if (opcode.group() != PickleOpcode.Group.STACK && ++built > limits.pickleValues()) {
                throw in.fault("more than " + limits.pickleValues() + " values");
            }
            switch (opcode.group()) {
                case STACK -> moveOnStack(opcode);
                case SCALAR -> push(scalar(opcode));
                case CONTAINER -> buildContainer(opcode);
                case OBJECT -> buildObject(opcode);
                case REFUSED -> throw in.fault(opcode == PickleOpcode.UNKNOWN
                        ? "unknown opcode 0x" + Integer.toHexString(code)
                        : "opcode " + opcode + " is not supported; no checkpoint of PyTorch needs it");
            }
        }
        throw in.fault("more than " + limits.pickleOpcodes() + " opcodes");
    }

    private void moveOnStack(PickleOpcode opcode) {
        switch (opcode) {
            case PROTO -> {
                int protocol = in.unsignedByte();
                if (protocol > HIGHEST_PROTOCOL) {
                    throw in.fault("protocol " + protocol + ", at most " + HIGHEST_PROTOCOL + " is supported");
                }
            }
            case FRAME -> in.require(in.signedLong());
            case MARK -> {
                if (marks.size() >= limits.pickleStack())
                    throw in.fault("more than " + limits.pickleStack() + " open marks");
                marks.add(stack.size());
            }
            case POP -> {
                if (!marks.isEmpty() && marks.getLast() == stack.size()) {
                    marks.removeLast();
                } else {
                    pop();
                }
            }
            case POP_MARK -> popToMark();
            case DUP -> push(top());
            case BINGET -> push(recall(in.unsignedByte()));
            case LONG_BINGET -> push(recall(in.unsignedInt()));
            case BINPUT -> remember(in.unsignedByte());
            case LONG_BINPUT -> remember(in.unsignedInt());
            case MEMOIZE -> remember(memo.size());
            default -> throw new AssertionError(opcode);
        }
    }

    private PickleValue recall(long index) {
        PickleValue value = index < memo.size() ? memo.get((int) index) : null;
        if (value == null) throw in.fault("reads memo " + index + ", which was never written");
        return value;
    }

    private void remember(long index) {
        if (index >= Math.min(limits.pickleStack(), in.size()))
            throw in.fault("memo " + index + " in so short a pickle");
        while (memo.size() <= index) memo.add(null);
        memo.set((int) index, top());
    }

    private PickleValue scalar(PickleOpcode opcode) {
        return switch (opcode) {
            case NONE -> None.NONE;
            case NEWTRUE -> new Flag(true);
            case NEWFALSE -> new Flag(false);
            case BININT -> new Whole(in.signedInt());
            case BININT1 -> new Whole(in.unsignedByte());
            case BININT2 -> new Whole(in.unsignedShort());
            case LONG1 -> integer(in.integer(in.unsignedByte()));
            case LONG4 -> integer(in.integer(in.unsignedInt()));
            case BINFLOAT -> new Real(in.real());
            case BINUNICODE -> new Text(in.text(in.unsignedInt()));
            case SHORT_BINUNICODE -> new Text(in.text(in.unsignedByte()));
            case BINUNICODE8 -> new Text(in.text(in.signedLong()));
            case BINSTRING -> new Text(in.latin1(in.signedInt()));
            case SHORT_BINSTRING -> new Text(in.latin1(in.unsignedByte()));
            case BINBYTES -> bytes(in.unsignedInt());
            case SHORT_BINBYTES -> bytes(in.unsignedByte());
            case BINBYTES8, BYTEARRAY8 -> bytes(in.signedLong());
            default -> throw new AssertionError(opcode);
        };
    }

    private static PickleValue integer(BigInteger value) {
        return value.bitLength() < Long.SIZE ? new Whole(value.longValueExact()) : new Huge(value);
    }

    private Bytes bytes(long length) {
        in.skip(length);
        return new Bytes(length);
    }

    private void buildContainer(PickleOpcode opcode) {
        switch (opcode) {
            case EMPTY_LIST -> push(new Sequence(new ArrayList<>(), true));
            case LIST -> push(new Sequence(popToMark(), true));
            case APPEND -> {
                PickleValue value = pop();
                append(List.of(value));
            }
            case APPENDS -> append(popToMark());
            case EMPTY_TUPLE -> push(new Sequence(List.of(), false));
            case TUPLE -> push(new Sequence(popToMark(), false));
            case TUPLE1 -> pushTuple(1);
            case TUPLE2 -> pushTuple(2);
            case TUPLE3 -> pushTuple(3);
            case EMPTY_DICT -> push(new Dict(new LinkedHashMap<>()));
            case DICT -> {
                List<PickleValue> items = popToMark();
                push(new Dict(new LinkedHashMap<>()));
                setItems(items);
            }
            case SETITEM -> {
                PickleValue value = pop();
                PickleValue key = pop();
                setItems(List.of(key, value));
            }
            case SETITEMS -> setItems(popToMark());
            case EMPTY_SET -> push(new Sequence(new ArrayList<>(), true));
            case ADDITEMS -> append(popToMark());
            case FROZENSET -> push(new Sequence(popToMark(), false));
            default -> throw new AssertionError(opcode);
        }
    }

    private void pushTuple(int length) {
        PickleValue[] values = new PickleValue[length];
        for (int i = length - 1; i >= 0; i--) values[i] = pop();
        push(new Sequence(List.of(values), false));
    }

    private void append(List<PickleValue> values) {
        if (top() instanceof Sequence s && s.isList()) {
            s.values().addAll(values);
        } else {
            throw in.fault("appends to " + top().kind() + ", expected a list");
        }
    }

    private void setItems(List<PickleValue> keysAndValues) {
        if (!(top() instanceof Dict dict)) {
            throw in.fault("sets an item of " + top().kind() + ", expected a dictionary");
        }
        if (keysAndValues.size() % 2 != 0) throw in.fault("a key without a value");
        for (int i = 0; i < keysAndValues.size(); i += 2) {
            if (keysAndValues.get(i) instanceof Text key) dict.entries().put(key.value(), keysAndValues.get(i + 1));
        }
    }

    private void buildObject(PickleOpcode opcode) {
        switch (opcode) {
            case GLOBAL -> {
                String module = in.line();
                push(name(module, in.line()));
            }
            case STACK_GLOBAL -> {
                PickleValue name = pop();
                if (!(pop() instanceof Text module) || !(name instanceof Text text)) {
                    throw in.fault("STACK_GLOBAL of something that is no text");
                }
                push(name(module.value(), text.value()));
            }
            case REDUCE -> {
                PickleValue arguments = pop();
                push(call(pop(), arguments));
            }
            case INST -> {
                String module = in.line();
                GlobalName callable = name(module, in.line());
                push(call(callable, new Sequence(popToMark(), false)));
            }
            case OBJ -> {
                List<PickleValue> values = popToMark();
                if (values.isEmpty()) throw in.fault("OBJ without a class");
                PickleValue arguments = new Sequence(values.subList(1, values.size()), false);
                push(call(values.getFirst(), arguments));
            }
            case NEWOBJ, NEWOBJ_EX -> {
                pop();
                if (opcode == PickleOpcode.NEWOBJ_EX) pop();
                if (!(pop() instanceof GlobalName type)) throw in.fault("a new object of something that is no class");
                push(new InertObject(type.fullName()));
            }
            case BUILD -> build(pop());
            case BINPERSID -> push(persistent(pop()));
            default -> throw new AssertionError(opcode);
        }
    }

    private GlobalName name(String module, String name) {
        if (module.length() > limits.nameBytes() || name.length() > limits.nameBytes()) {
            throw in.fault("a name of more than " + limits.nameBytes() + " characters");
        }
        if (globals.size() >= limits.pickleGlobals())
            throw in.fault("more than " + limits.pickleGlobals() + " names of classes");
        GlobalUse use = globals.computeIfAbsent(module + "." + name, full -> {
            boolean isAllowed = PickleCalls.allows(full) || TorchTypes.isTypeName(full);
            return new GlobalUse(full, isAllowed ? "allowed" : "inert");
        });
        return new GlobalName(use.name());
    }

    private PickleValue call(PickleValue callable, PickleValue arguments) {
        if (callable instanceof GlobalName global && PickleCalls.allows(global.fullName())) {
            return calls.call(global.fullName(), arguments);
        }
        String named = callable instanceof GlobalName global ? global.fullName() : callable.kind();
        if (!isInspecting) {
            throw in.fault("calls " + named + ", which is not allowed: only tensor builders and containers are. "
                    + "The file may be hostile; ask its author for a plain state dict");
        }
        globals.put(named, new GlobalUse(named, "refused"));
        return new InertObject(named);
    }

    private void build(PickleValue state) {
        switch (top()) {
            case InertObject object -> object.setState(state);
            case Dict _,TensorRef _ -> {
                // Attributes such as a state dict's _metadata say nothing about tensors.
            }
            default -> throw in.fault("sets the state of " + top().kind() + ", expected an object");
        }
    }

    private PickleValue persistent(PickleValue id) {
        List<PickleValue> fields = id instanceof Sequence s ? s.values() : List.of();
        String kind = !fields.isEmpty() && fields.getFirst() instanceof Text t ? t.value() : "";
        if (kind.equals("module") && fields.size() >= 2 && fields.get(1) instanceof GlobalName type) return type;
        if (!kind.equals("storage") || fields.size() < 5 || fields.size() > 6) {
            throw in.fault("a persistent id that is no storage: expected (\"storage\", class, key, device, count)");
        }
        Storage storage = storage(fields);
        Storage known = storages.putIfAbsent(storage.key(), storage);
        if (known != null && (!known.type().equals(storage.type()) || known.count() != storage.count())) {
            throw in.fault("storage " + storage.key() + " is described in two ways");
        }
        return storage;
    }

    private Storage storage(List<PickleValue> fields) {
        if (!(fields.get(1) instanceof GlobalName type) || !(fields.get(2) instanceof Text key)
                || !(fields.get(4) instanceof Whole count)) {
            throw in.fault("a storage of " + fields.get(1).kind() + ", " + fields.get(2).kind() + ", "
                    + fields.get(4).kind() + "; expected class, key and count");
        }
        if (fields.size() == 5 || fields.get(5) == None.NONE) {
            return new Storage(type, key.value(), count.value(), 0, count.value());
        }
        if (fields.get(5) instanceof Sequence view && view.values().size() == 3
                && view.values().get(1) instanceof Whole begin && view.values().get(2) instanceof Whole length) {
            return new Storage(type, key.value(), count.value(), begin.value(), length.value());
        }
        throw in.fault("a storage with a view of an unknown form");
    }

    private void push(PickleValue value) {
        if (stack.size() >= limits.pickleStack())
            throw in.fault("more than " + limits.pickleStack() + " values on the stack");
        stack.add(value);
    }

    private int floor() { return marks.isEmpty() ? 0 : marks.getLast(); }

    private PickleValue top() {
        if (stack.size() <= floor()) throw in.fault("takes a value from an empty stack");
        return stack.getLast();
    }

    private PickleValue pop() {
        PickleValue value = top();
        stack.removeLast();
        return value;
    }

    private List<PickleValue> popToMark() {
        if (marks.isEmpty()) throw in.fault("needs a mark, but there is none");
        List<PickleValue> above = stack.subList(marks.removeLast(), stack.size());
        List<PickleValue> values = new ArrayList<>(above);
        above.clear();
        return values;
    }
}
