package io.github.smalti.pipeline;

import io.github.smalti.core.Pixels;
import io.github.smalti.core.Raster;
import io.github.smalti.pipeline.internal.AtomicFile;
import io.github.smalti.pipeline.internal.ImageSamples;
import io.github.smalti.pipeline.internal.PngChunks;
import io.github.smalti.pipeline.internal.PngWriter;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.FileImageInputStream;

/// Reads PNG and JPEG files of unknown origin and writes PNG files. Stateless and thread-safe.
public final class ImageFiles {
    /// The most pixels of a picture that is read, unless another limit is given.
    public static final long MAX_PIXELS = 64_000_000;

    /// Pixels that a byte of a JPEG file can stand for at most: nine blocks of one bit each make 32 x 32.
    private static final long JPEG_PIXELS = 1024;

    private static final System.Logger LOG = System.getLogger("smalti");

    private ImageFiles() {}

    /// Reads a picture of at most [#MAX_PIXELS].
    ///
    /// @param file a PNG or JPEG file
    /// @return its samples: gray, RGB, or RGBA not premultiplied; 16-bit samples lose their lower half
    /// @throws ImageFileException if the file is missing, damaged, of another format or too large
    public static Raster read(Path file) { return read(file, MAX_PIXELS); }

    /// Reads a picture; its size is asked for before any pixel is decoded.
    ///
    /// @param file      a PNG or JPEG file
    /// @param maxPixels the most rows · columns
    /// @return its samples
    /// @throws ImageFileException if the file is missing, damaged, of another format or too large
    public static Raster read(Path file, long maxPixels) {
        try {
            String format = format(file);
            if (format.equals("png")) PngChunks.verify(file);
            ImageReader reader = ImageIO.getImageReadersByFormatName(format).next();
            try (var stream = new FileImageInputStream(file.toFile())) {
                reader.setInput(stream, true, true);
                warnOnce(reader, file);
                long width = reader.getWidth(0);
                long height = reader.getHeight(0);
                if (width < 1 || height < 1 || width > maxPixels / height) {
                    throw new ImageFileException(file,
                            width + " x " + height + " pixels, expected 1 to " + maxPixels + " pixels", null);
                }
                if (format.equals("jpeg") && width * height > JPEG_PIXELS * stream.length()) {
                    throw new ImageFileException(file, width + " x " + height + " pixels cannot come out of "
                            + stream.length() + " bytes", null);
                }
                return ImageSamples.of(reader.read(0));
            } finally {
                reader.dispose();
            }
        } catch (NoSuchFileException e) {
            throw new ImageFileException(file, "no such file", e);
        } catch (IOException | IllegalArgumentException | IndexOutOfBoundsException | NegativeArraySizeException
                | ClassCastException | NullPointerException | UnsupportedOperationException e) {
            throw new ImageFileException(file, "not a readable PNG or JPEG picture (" + e.getMessage() + ")", e);
        }
    }

    /// Writes a PNG file that must not exist yet; it appears whole or not at all.
    ///
    /// @param file  where
    /// @param image the picture
    /// @throws ImageFileException if the file exists or cannot be written; nothing is left behind
    public static void writePng(Path file, Raster image) { write(file, image, Map.of(), false); }

    /// Writes a PNG file in the place of one that may exist.
    ///
    /// @param file  where
    /// @param image the picture
    /// @throws ImageFileException if the file cannot be written; the old one stays
    public static void replacePng(Path file, Raster image) { write(file, image, Map.of(), true); }

    /// A copy for AWT and ImageIO.
    ///
    /// @param image the picture
    /// @return gray as `TYPE_BYTE_GRAY`, RGB as `TYPE_INT_RGB`, RGBA as `TYPE_INT_ARGB`
    public static BufferedImage toBufferedImage(Raster image) { return ImageSamples.toBufferedImage(image); }

    /// A copy of an AWT picture.
    ///
    /// @param image any picture
    /// @return gray, RGB, or RGBA not premultiplied
    public static Raster toRaster(BufferedImage image) { return ImageSamples.of(image); }

    /// The picture as numbers from 0 to 1, for an image codec; gray becomes equal red, green and blue, transparency is
    /// dropped.
    ///
    /// @param image the picture
    /// @return sample / 255
    public static Pixels toPixels(Raster image) { return ImageSamples.toPixels(image); }

    static void write(Path file, Raster image, Map<String, String> texts, boolean replace) {
        write(AtomicFile.Disk.SYSTEM, file, image, texts, replace);
    }

    static void write(AtomicFile.Disk disk, Path file, Raster image, Map<String, String> texts, boolean replace) {
        AtomicFile.Content content = out -> PngWriter.write(image, texts, out);
        try {
            if (replace) {
                AtomicFile.replace(disk, file, content);
            } else {
                AtomicFile.create(disk, file, content);
            }
        } catch (FileAlreadyExistsException e) {
            throw new ImageFileException(file, "the file exists: choose another name or ask for it to be replaced", e);
        } catch (IOException e) {
            throw new ImageFileException(file,
                    "cannot be written (" + AtomicFile.reason(e) + ")" + space(file, content, e),
                    e);
        }
    }

    /// Bytes that a file takes and that are free where it should go; nothing if neither folder nor file could be opened.
    private static String space(Path file, AtomicFile.Content content, IOException e) {
        if (e instanceof NoSuchFileException || e instanceof AccessDeniedException
                || e instanceof ClosedByInterruptException) {
            return "";
        }
        var count = new ByteCount();
        try {
            content.writeTo(count);
            long free = Files.getFileStore(file.toAbsolutePath().getParent()).getUsableSpace();
            return ": it takes " + count.bytes + " bytes, " + free + " are free in its folder";
        } catch (IOException _) {
            return "";
        }
    }

    private static final class ByteCount extends OutputStream {
        private long bytes;

        @Override
        public void write(int value) { bytes++; }

        @Override
        public void write(byte[] values, int from, int count) { bytes += count; }
    }

    /// A damaged picture can give a warning for every row.
    private static void warnOnce(ImageReader reader, Path file) {
        var warned = new AtomicBoolean();
        reader.addIIOReadWarningListener((_, warning) -> {
            if (!warned.getAndSet(true)) LOG.log(System.Logger.Level.WARNING, file + ": " + warning);
        });
    }

    private static String format(Path file) throws IOException {
        byte[] start;
        try (var in = Files.newInputStream(file)) {
            start = in.readNBytes(3);
        }
        if (start.length == 3 && start[0] == (byte) 0x89 && start[1] == 'P' && start[2] == 'N') return "png";
        if (start.length == 3 && start[0] == (byte) 0xff && start[1] == (byte) 0xd8 && start[2] == (byte) 0xff) {
            return "jpeg";
        }
        throw new IOException("expected a PNG or JPEG signature");
    }
}
