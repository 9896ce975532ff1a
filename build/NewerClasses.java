import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassElement;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.lang.constant.ClassDesc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Enumeration;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;

/// Rewrites a jar so that its classes of Java 5 have the format of Java 8, with the stack maps that belong to it.
///
/// The JVM's archive of classes does not take such old ones (picocli has 228), so each start would read and verify them
/// again: a seventh of the time to the first picture of the embedded model. Their code stays what it is.
///
/// Run by `smalti` after it built: `java NewerClasses.java JAR`. If a class cannot be had that way the jar stays as it is.
public final class NewerClasses {
    private final JarFile jar;
    private final ClassFile format;

    private NewerClasses(JarFile jar) {
        this.jar = jar;
        format = ClassFile.of(StackMapsOption.GENERATE_STACK_MAPS, ClassHierarchyResolverOption.of(
                ClassHierarchyResolver.ofResourceParsing(this::find).orElse(ClassHierarchyResolver.defaultResolver())));
    }

    /// Rewrites the jar in place, or leaves it as it is.
    public static void main(String[] args) throws IOException {
        Path path = Path.of(args[0]);
        Path fresh = Path.of(args[0] + ".tmp");
        try {
            try (var jar = new JarFile(path.toFile()); var out = new JarOutputStream(Files.newOutputStream(fresh))) {
                new NewerClasses(jar).copyTo(out);
            }
            Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(fresh);
        }
    }

    private void copyTo(JarOutputStream out) throws IOException {
        for (Enumeration<JarEntry> entries = jar.entries(); entries.hasMoreElements();) {
            JarEntry entry = entries.nextElement();
            byte[] bytes = read(entry);
            var copy = new JarEntry(entry.getName());
            copy.setTime(entry.getTime());
            out.putNextEntry(copy);
            out.write(entry.getName().endsWith(".class") ? newer(bytes) : bytes);
            out.closeEntry();
        }
    }

    private byte[] newer(byte[] bytes) {
        ClassModel model = format.parse(bytes);
        if (model.majorVersion() >= ClassFile.JAVA_8_VERSION) return bytes;
        byte[] newer = format.transformClass(model, NewerClasses::copy);
        List<VerifyError> errors = format.verify(newer);
        if (!errors.isEmpty()) throw errors.getFirst();
        return newer;
    }

    private static void copy(ClassBuilder builder, ClassElement element) {
        switch (element) {
            case ClassFileVersion _ -> builder.withVersion(ClassFile.JAVA_8_VERSION, 0);
            case MethodModel method -> builder.transformMethod(method,
                    MethodTransform.transformingCode(CodeTransform.ACCEPT_ALL)); // made anew, with stack maps
            default -> builder.with(element);
        }
    }

    /// A class of the jar, which stack maps need for the classes above it.
    private InputStream find(ClassDesc type) {
        String name = type.descriptorString();
        JarEntry entry = jar.getJarEntry(name.substring(1, name.length() - 1) + ".class");
        try {
            return entry == null ? null : jar.getInputStream(entry);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private byte[] read(JarEntry entry) throws IOException {
        try (var in = jar.getInputStream(entry)) {
            return in.readAllBytes();
        }
    }
}
