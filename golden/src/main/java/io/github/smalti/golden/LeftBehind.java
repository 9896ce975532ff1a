package io.github.smalti.golden;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// Fails a test class that leaves files mapped: every checkpoint that is opened is closed, and its arena with it.
///
/// JUnit finds it by itself in every module whose tests use this one.
public final class LeftBehind implements BeforeAllCallback, AfterAllCallback {
    private static final int TRIES = 20;
    private static final ExtensionContext.Namespace HERE = ExtensionContext.Namespace.create(LeftBehind.class);

    /// Made by JUnit.
    public LeftBehind() {}

    /// Mapped files of this JVM, as the JDK counts them.
    static long mappedFiles() {
        long count = 0;
        for (var pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
            if (pool.getName().startsWith("mapped")) count += pool.getCount();
        }
        return count;
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        context.getStore(HERE).put(context.getUniqueId(), mappedFiles());
    }

    @Override
    public void afterAll(ExtensionContext context) throws InterruptedException {
        long before = context.getStore(HERE).get(context.getUniqueId(), Long.class);
        long left = mappedFiles() - before;
        for (int i = 0; i < TRIES && left > 0; i++) { // buffers that the collector unmaps
            System.gc();
            Thread.sleep(50);
            left = mappedFiles() - before;
        }
        if (left > 0) throw new AssertionError(context.getDisplayName() + " left " + left + " files mapped");
    }
}
