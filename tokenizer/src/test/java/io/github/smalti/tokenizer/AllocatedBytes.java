package io.github.smalti.tokenizer;

/// Bytes that the current thread has allocated. By reflection, because the module under test does not read
/// `java.management`, with which its tests are compiled.
final class AllocatedBytes {
    private AllocatedBytes() {}

    static long ofThisThread() {
        try {
            Object bean = Class.forName("java.lang.management.ManagementFactory").getMethod("getThreadMXBean")
                    .invoke(null);
            return (long) Class.forName("com.sun.management.ThreadMXBean").getMethod("getCurrentThreadAllocatedBytes")
                    .invoke(bean);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }
}
