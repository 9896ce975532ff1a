package io.github.smalti.weights.hub.internal;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;

/// Pieces of messages.
public final class Sentences {
    private static final String[] UNITS = {"bytes", "kB", "MB", "GB", "TB"};
    private static final double STEP = 1000;

    private Sentences() {}

    /// Why something failed, without a class name where that can be avoided.
    ///
    /// @param e the fault
    public static String reason(IOException e) {
        String said = e instanceof FileSystemException fault ? fault.getReason() : e.getMessage();
        return switch (e) {
            case HttpTimeoutException _ -> "no answer in time";
            case ConnectException _ when e.getCause() instanceof UnresolvedAddressException -> "the host is unknown";
            case UnknownHostException _ -> "the host is unknown";
            case ConnectException _ when said == null -> "no connection";
            case NoSuchFileException _ -> "there is no such file or folder";
            case AccessDeniedException _ -> "permission denied";
            default -> said != null ? said : e.getClass().getSimpleName();
        };
    }

    /// An address without its query, which may hold a signature.
    ///
    /// @param uri the address
    public static String address(URI uri) {
        String path = uri.getRawPath() == null ? "" : uri.getRawPath();
        return uri.getScheme() + "://" + uri.getHost() + (uri.getPort() < 0 ? "" : ":" + uri.getPort()) + path;
    }

    /// An amount with its unit, in powers of 1000.
    ///
    /// @param bytes how much
    public static String bytes(long bytes) {
        double amount = bytes;
        int unit = 0;
        while (amount >= STEP && unit < UNITS.length - 1) {
            amount /= STEP;
            unit++;
        }
        return String.format(Locale.ROOT, unit == 0 ? "%.0f %s" : "%.2f %s", amount, UNITS[unit]);
    }
}
