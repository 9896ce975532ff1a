package io.github.smalti.weights.internal;

import java.util.Arrays;

/// The opcodes of binary pickles up to protocol 5, by what [PickleMachine] does with them.
///
/// Opcodes that the machine refuses are here too, so that a message can name them. Source: CPython's `pickletools`.
enum PickleOpcode {
    PROTO(0x80, Group.STACK), FRAME(0x95, Group.STACK), STOP('.', Group.STACK), MARK('(', Group.STACK),
    POP('0', Group.STACK), POP_MARK('1', Group.STACK), DUP('2', Group.STACK), BINGET('h', Group.STACK),
    LONG_BINGET('j', Group.STACK), BINPUT('q', Group.STACK), LONG_BINPUT('r', Group.STACK),
    MEMOIZE(0x94, Group.STACK),

    NONE('N', Group.SCALAR), NEWTRUE(0x88, Group.SCALAR), NEWFALSE(0x89, Group.SCALAR), BININT('J', Group.SCALAR),
    BININT1('K', Group.SCALAR), BININT2('M', Group.SCALAR), LONG1(0x8a, Group.SCALAR), LONG4(0x8b, Group.SCALAR),
    BINFLOAT('G', Group.SCALAR), BINUNICODE('X', Group.SCALAR), SHORT_BINUNICODE(0x8c, Group.SCALAR),
    BINUNICODE8(0x8d, Group.SCALAR), BINSTRING('T', Group.SCALAR), SHORT_BINSTRING('U', Group.SCALAR),
    BINBYTES('B', Group.SCALAR), SHORT_BINBYTES('C', Group.SCALAR), BINBYTES8(0x8e, Group.SCALAR),
    BYTEARRAY8(0x96, Group.SCALAR),

    EMPTY_LIST(']', Group.CONTAINER), LIST('l', Group.CONTAINER), APPEND('a', Group.CONTAINER),
    APPENDS('e', Group.CONTAINER), EMPTY_TUPLE(')', Group.CONTAINER), TUPLE('t', Group.CONTAINER),
    TUPLE1(0x85, Group.CONTAINER), TUPLE2(0x86, Group.CONTAINER), TUPLE3(0x87, Group.CONTAINER),
    EMPTY_DICT('}', Group.CONTAINER), DICT('d', Group.CONTAINER), SETITEM('s', Group.CONTAINER),
    SETITEMS('u', Group.CONTAINER), EMPTY_SET(0x8f, Group.CONTAINER), ADDITEMS(0x90, Group.CONTAINER),
    FROZENSET(0x91, Group.CONTAINER),

    GLOBAL('c', Group.OBJECT), STACK_GLOBAL(0x93, Group.OBJECT), REDUCE('R', Group.OBJECT), INST('i', Group.OBJECT),
    OBJ('o', Group.OBJECT), NEWOBJ(0x81, Group.OBJECT), NEWOBJ_EX(0x92, Group.OBJECT), BUILD('b', Group.OBJECT),
    BINPERSID('Q', Group.OBJECT),

    INT('I', Group.REFUSED), LONG('L', Group.REFUSED), FLOAT('F', Group.REFUSED), STRING('S', Group.REFUSED),
    UNICODE('V', Group.REFUSED), GET('g', Group.REFUSED), PUT('p', Group.REFUSED), PERSID('P', Group.REFUSED),
    EXT1(0x82, Group.REFUSED), EXT2(0x83, Group.REFUSED), EXT4(0x84, Group.REFUSED), NEXT_BUFFER(0x97, Group.REFUSED),
    READONLY_BUFFER(0x98, Group.REFUSED), UNKNOWN(-1, Group.REFUSED);

    /// What an opcode works on.
    enum Group {
        /// Stack, marks and memo.
        STACK,
        /// Numbers, texts, bytes.
        SCALAR,
        /// Lists, tuples, dictionaries, sets.
        CONTAINER,
        /// Names, calls and objects.
        OBJECT,
        /// Text forms of protocol 0, the extension registry, buffers outside the stream.
        REFUSED
    }

    private static final PickleOpcode[] BY_CODE = byCode();

    private final int code;
    private final Group group;

    PickleOpcode(int code, Group group) {
        this.code = code;
        this.group = group;
    }

    private static PickleOpcode[] byCode() {
        PickleOpcode[] table = new PickleOpcode[256];
        Arrays.fill(table, UNKNOWN);
        for (PickleOpcode opcode : values()) {
            if (opcode != UNKNOWN) table[opcode.code] = opcode;
        }
        return table;
    }

    /// The opcode of a byte, or [#UNKNOWN].
    static PickleOpcode of(int code) { return BY_CODE[code]; }

    Group group() { return group; }
}
